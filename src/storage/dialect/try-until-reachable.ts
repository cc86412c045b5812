import { setTimeout as delay } from 'node:timers/promises'
import type { StorageLogger } from './backend.ts'

type Options = {
  /** For how long to repeat failed attempts. */
  readonly seconds: number
  /** Whether the next attempt may succeed after this error without a change of our settings. */
  readonly isWorthWaiting: (error: unknown) => boolean
  /** Says in one sentence, for the log, why the attempt failed. */
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
