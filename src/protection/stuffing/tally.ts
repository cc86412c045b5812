import { minuteMs } from '../../base/durations.ts'
import type { Network } from './networks.ts'
import { countOf, countOfOnly, emptySketch, type Sketch, union, withHash } from './sketch.ts'

/** The users whose sign-ins failed, and those whose sign-ins succeeded. A user may be in both. */
type Outcomes = { readonly failed: Sketch; readonly passed: Sketch }

/** What was counted for a network in two windows of time, and whether the network is slowed down. */
export type Tally = {
  /** The number of the current window, counted from the epoch. */
  readonly window: number
  readonly current: Outcomes
  readonly previous: Outcomes
  /** In epoch milliseconds; 0 if the network was never slowed down. */
  readonly slowedSince: number
  /** In epoch milliseconds. The network is slowed down until then. */
  readonly slowedUntil: number
  /** How hard the network is slowed down, from 1 to `highestLevel`; 0 if it never was. */
  readonly level: number
  /** When an administrator cleared the network, in epoch milliseconds; otherwise 0. What was counted before counts no more. */
  readonly clearedAt: number
}

/** Failures count for one to two windows: long enough to notice a patient attacker, short enough that an office has forgotten its Monday. */
const windowMs = 10 * minuteMs

/** From how many users on who failed and did not sign in, in one to two windows. A network has many people, an address few. */
const userLimits: Readonly<Record<Network['kind'], number>> = { address: 10, network: 30 }

/**
 * A network is not slowed down while, for each user who failed only, so many others sign in. In an office some people forget their
 * password; of the passwords in a stolen list one in a hundred is right.
 */
const passedPerFailed = 2

/** How long a network stays slowed down after the latest failure that was too much. */
const slowedMs = 15 * minuteMs

const highestLevel = 4

const noOutcomes: Outcomes = { failed: emptySketch, passed: emptySketch }

export const emptyTally: Tally = {
  window: 0,
  current: noOutcomes,
  previous: noOutcomes,
  slowedSince: 0,
  slowedUntil: 0,
  level: 0,
  clearedAt: 0,
}

/** The tally at the time `now`: outcomes of earlier windows than the previous one are forgotten. */
function at(tally: Tally, now: number): Tally {
  const window = Math.floor(now / windowMs)
  // The clock of another process may be ahead.
  if (tally.window >= window) return tally
  return { ...tally, window, current: noOutcomes, previous: tally.window === window - 1 ? tally.current : noOutcomes }
}

export function withOutcome(tally: Tally, kind: keyof Outcomes, user: number, now: number): Tally {
  const before = at(tally, now)
  return { ...before, current: { ...before.current, [kind]: withHash(before.current[kind], user) } }
}

/** The users that either tally has counted. A user in both counts once, so the same tally can be merged any number of times. */
export function merge(one: Tally, other: Tally): Tally {
  const now = Math.max(one.window, other.window) * windowMs
  const [a, b] = [at(one, now), at(other, now)]
  const later = a.slowedUntil >= b.slowedUntil ? a : b
  return {
    ...later,
    clearedAt: Math.max(a.clearedAt, b.clearedAt),
    current: both(a.current, b.current),
    previous: both(a.previous, b.previous),
  }
}

const both = (one: Outcomes, other: Outcomes): Outcomes => ({
  failed: union(one.failed, other.failed),
  passed: union(one.passed, other.passed),
})

/** How many users failed and did not sign in, and how many signed in, in the last one to two windows. */
export function usersOf(tally: Tally, now: number): { readonly failed: number; readonly passed: number } {
  const { current, previous } = at(tally, now)
  const { failed, passed } = both(current, previous)
  return { failed: countOfOnly(failed, passed), passed: countOf(passed) }
}

/** Whether so many users failed that the network is to be slowed down. */
export function isTooMuch(tally: Tally, kind: Network['kind'], now: number): boolean {
  const { failed, passed } = usersOf(tally, now)
  return failed >= userLimits[kind] && passed < passedPerFailed * failed
}

/** The tally after new failures: the network is slowed down if they are too much. Each doubling of the failures raises the level. */
export function judge(tally: Tally, kind: Network['kind'], now: number): Tally {
  if (!isTooMuch(tally, kind, now)) return tally
  const doublings = Math.floor(Math.log2(usersOf(tally, now).failed / userLimits[kind]))
  const level = Math.min(1 + doublings, highestLevel)
  return { ...tally, level, slowedUntil: now + slowedMs, slowedSince: tally.slowedUntil > now ? tally.slowedSince : now }
}

/** When the tally says nothing any more, in epoch milliseconds. */
export const expiryOf = ({ window, slowedUntil }: Tally): number => Math.max((window + 2) * windowMs, slowedUntil)
