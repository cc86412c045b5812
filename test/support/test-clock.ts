import type { Clock } from '../../src/base/clock.ts'

/**
 * A clock that stands still until a test advances it, so that no test depends on the speed of the machine. It starts at the real time,
 * because clients check signatures and tokens by their own clocks.
 */
export type TestClock = Clock & {
  advance(ms: number): void
  /** Advances to the real time, for tests in which a process with a real clock writes to the same database. */
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
