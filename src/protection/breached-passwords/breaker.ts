import type { Clock } from '../../base/clock.ts'
import { BreachSourceError } from './breach-source.ts'

/** After so many failures in a row, the source is left alone for a while. */
const mostFailures = 5
const pauseMs = 30_000

/** Runs `work`, unless it has failed too often. After a pause one call tries again; the others are still refused meanwhile. */
export type Breaker = <T>(work: () => Promise<T>) => Promise<T>

/** A refusal without an attempt, because the last ones have failed. */
export class SourcePausedError extends BreachSourceError {}

export function createBreaker(clock: Clock): Breaker {
  let failures = 0
  let pausedUntil = 0
  return async (work) => {
    const now = clock.now()
    if (failures >= mostFailures) {
      // After the clock was set back, the pause must not last longer.
      if (now < pausedUntil && pausedUntil - now <= pauseMs) throw new SourcePausedError('it has failed too often')
      pausedUntil = now + pauseMs
    }
    try {
      const result = await work()
      failures = 0
      return result
    } catch (error) {
      failures++
      if (failures >= mostFailures) pausedUntil = clock.now() + pauseMs
      throw error
    }
  }
}
