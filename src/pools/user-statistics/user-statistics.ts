/**
 * What share of a pool's users has which properties. Decoys are made to look alike. The statistics come from a sample of users, rounded, and
 * are stored with the pool, so that every process makes the same decoys. They are stored as JSON, so the names of the members stay.
 */
export type UserStatistics = {
  /** The size of the sample, and when it was taken. */
  readonly users: number
  readonly drawnAt: number
  /** Of the kinds of users, as `users/user-statistics/user-kind.ts` serializes them. */
  readonly kinds: Shares
  /** Of the first letters of the domains of e-mail addresses. */
  readonly domains: Shares
  /** Of the first letters of e-mail addresses, among those that do not begin like the username. */
  readonly initials: Shares
  /** How many in 64 e-mail addresses begin with the same letter as the username. */
  readonly namesakes: number
  /** Of the numbers of digits in phone numbers. */
  readonly phoneLengths: Shares
}

/** How many in 64 have each value. The rest of the 64 have values that are too rare to be listed. */
export type Shares = Readonly<Record<string, number>>

/** At most this many in 64 decoys follow the statistics. The others look as in any pool, so that no user stands out. */
const maximumShare = 60

/** A value that fewer users have is left out: it could identify them. */
const minimumCount = 5

/** Shares are rounded down, so a single user rarely changes one. */
export function computeShares(values: readonly string[]): Shares {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const listed = [...counts].filter(([, count]) => count >= minimumCount).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(listed.map(([value, count]) => [value, Math.floor((count * maximumShare) / values.length)]))
}

/** The value for a random position from 0 to 63; undefined when the position belongs to the rare values. */
export function pickByShare(shares: Shares, position: number): string | undefined {
  let end = 0
  for (const [value, share] of Object.entries(shares)) {
    end += share
    if (position < end) return value
  }
  return undefined
}
