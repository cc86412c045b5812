import { setTimeout as delay } from 'node:timers/promises'
import type { StorageLogger } from './backend.ts'

type Options = {
  /** How long to retry. */
  readonly seconds: number
  /** Whether a failure may pass without a change on this side. */
  readonly isWorthWaiting: (error: unknown) => boolean
  /** The failure as a sentence. */
  readonly messageOf: (error: unknown) => string
  readonly logger: StorageLogger
}

const pauseMs = 500
/** The warning is repeated, since a single line is easily overlooked; but not at every attempt, which would fill the log. */
const warningIntervalMs = 10_000

/** Retries while the database cannot be reached: a database that is started together with this process may be ready a little later. */
export async function tryUntilReachable(attempt: () => Promise<void>, options: Options): Promise<void> {
  const startedAt = performance.now()
  const endsAt = startedAt + options.seconds * 1000
  let warnedAt = Number.NEGATIVE_INFINITY
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const now = performance.now()
      if (!options.isWorthWaiting(error) || now + pauseMs > endsAt) throw error
      if (now - warnedAt >= warningIntervalMs) {
        warnedAt = now
        const remaining = Math.ceil((endsAt - now) / 1000)
        options.logger.warn({}, `${options.messageOf(error).replace(/\.$/, '')}; trying again for ${remaining} seconds`)
      }
    }
    await delay(pauseMs)
  }
}
