import type { Clock } from '../../src/base/clock.ts'

/**
 * A clock that stands still until a test moves it on, so that no test depends on how busy the machine is. It starts at the true
 * moment, because clients check signatures and tokens by their own clocks.
 */
export type TestClock = Clock & {
  advance(ms: number): void
  /** Moves to the true moment, for a test in which a process with a clock of its own writes to the same database. */
  catchUp(): void
}

export function createTestClock(): TestClock {
  let now = Date.now()
  return {
    now: () => now,
    advance(ms) {
      now += ms
    },
    catchUp() {
      now = Math.max(now, Date.now())
    },
  }
}
