import type { Clock } from '../../base/clock.ts'

/** Keeps calls from a former pool that does not answer. */
export type Pause = {
  /** Whether a call may be made now. After a pause one call tests the pool, and the others still wait. */
  mayCall(poolId: string): boolean
  /** Notes whether a call got an answer. */
  note(poolId: string, wasAnswered: boolean): void
}

/** How many calls in a row without an answer begin a pause. */
const failuresBeforePause = 5
const pauseMs = 30_000

type State = { failures: number; pausedUntil: number }

export function createPause(clock: Clock): Pause {
  const states = new Map<string, State>()
  return {
    mayCall(poolId) {
      const state = states.get(poolId)
      const now = clock.now()
      if (state === undefined || state.failures < failuresBeforePause) return true
      if (now < state.pausedUntil) return false
      // Until the test call ends, the others are paused: its result ends the pause or prolongs it.
      state.pausedUntil = now + pauseMs
      return true
    },
    note(poolId, wasAnswered) {
      if (wasAnswered) {
        states.delete(poolId)
        return
      }
      const state = states.get(poolId) ?? { failures: 0, pausedUntil: 0 }
      state.failures++
      if (state.failures >= failuresBeforePause) state.pausedUntil = clock.now() + pauseMs
      states.set(poolId, state)
    },
  }
}
