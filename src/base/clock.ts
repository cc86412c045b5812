/** The only source of the current time, in epoch milliseconds. Tests replace it. */
export type Clock = { now(): number }

export const systemClock: Clock = { now: () => Date.now() }

/** A clock that goes at the speed of the system's clock, and may be ahead of it. */
export type MovableClock = Clock & {
  /** How many milliseconds it is ahead. */
  ahead(): number
  /** Moves it forward by so many milliseconds. */
  advance(ms: number): void
  /** Sets it back to the system's time. */
  reset(): void
}

export function createMovableClock(): MovableClock {
  let ahead = 0
  return {
    now: () => Date.now() + ahead,
    ahead: () => ahead,
    advance(ms) {
      ahead += ms
    },
    reset() {
      ahead = 0
    },
  }
}
