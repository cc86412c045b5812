import type { Clock } from '../../src/base/clock.ts'

/** Real time that can be moved on. It starts at the true moment, because clients check signatures and tokens by their own clocks. */
export type TestClock = Clock & { advance(ms: number): void }

export function createTestClock(): TestClock {
  let offset = 0
  return {
    now: () => Date.now() + offset,
    advance(ms) {
      offset += ms
    },
  }
}
