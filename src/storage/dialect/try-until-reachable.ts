import { setTimeout as delay } from 'node:timers/promises'
import type { StorageLogger } from './backend.ts'

type Options = {
  /** For how long to try again. */
  readonly seconds: number
  /** Whether a failure may pass without anybody doing anything here. */
  readonly isWorthWaiting: (error: unknown) => boolean
  /** The failure as a sentence. */
  readonly messageOf: (error: unknown) => string
  readonly logger: StorageLogger
}

const pauseMs = 500
/** Once is overlooked in a log that goes on; every attempt would fill it. */
const repeatedAfterMs = 10_000

/** Tries again while the database cannot be reached: at a common start it may be up a little later than this process. */
export async function tryUntilReachable(attempt: () => Promise<void>, options: Options): Promise<void> {
  const startedAt = performance.now()
  const endsAt = startedAt + options.seconds * 1000
  let saidAt = Number.NEGATIVE_INFINITY
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const now = performance.now()
      if (!options.isWorthWaiting(error) || now + pauseMs > endsAt) throw error
      if (now - saidAt >= repeatedAfterMs) {
        saidAt = now
        const remaining = Math.ceil((endsAt - now) / 1000)
        options.logger.warn({}, `${options.messageOf(error).replace(/\.$/, '')}; trying again for ${remaining} seconds`)
      }
    }
    await delay(pauseMs)
  }
}
