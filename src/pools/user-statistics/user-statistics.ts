/**
 * What share of a pool's users has which properties. Decoys follow these shares, so that they look like users. The shares come from a
 * sample of users and are rounded. They are stored with the pool, so that every process makes the same decoys. They are stored as JSON, so
 * the members must keep their names.
 */
export type UserStatistics = {
  /** The size of the sample. */
  readonly users: number
  /** When the sample was taken, in epoch milliseconds. */
  readonly drawnAt: number
  /** The shares of the kinds of users, as `users/user-statistics/user-kind.ts` serializes kinds. */
  readonly kinds: Shares
  /** The shares of the first letters of the domains of e-mail addresses. */
  readonly domains: Shares
  /** The shares of the first letters of e-mail addresses. Addresses that begin with the same letter as the username are left out. */
  readonly initials: Shares
  /** How many in 64 e-mail addresses begin with the same letter as the username. */
  readonly namesakes: number
  /** The shares of the numbers of digits in phone numbers. */
  readonly phoneLengths: Shares
}

/** For each listed value, how many of 64 decoys get it. Decoys that get no listed value follow general statistics. */
export type Shares = Readonly<Record<string, number>>

/** At most this many of 64 decoys follow the pool's statistics. The others follow general statistics, so that no user stands out. */
const maximumShare = 60

/** A value is left out of the shares when fewer users of the sample than this have it, because it could identify those users. */
const minimumCount = 5

/** The shares of the values. They are rounded down, so that a single user rarely changes a share. */
export function computeShares(values: readonly string[]): Shares {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const listed = [...counts].filter(([, count]) => count >= minimumCount).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(listed.map(([value, count]) => [value, Math.floor((count * maximumShare) / values.length)]))
}

/**
 * The value that a decoy gets. There are 64 positions, and each listed value owns as many of them as its share says. `position` (0 to 63)
 * is the decoy's position. Undefined when no listed value owns that position: then general statistics decide.
 */
export function pickByShare(shares: Shares, position: number): string | undefined {
  let end = 0
  for (const [value, share] of Object.entries(shares)) {
    end += share
    if (position < end) return value
  }
  return undefined
}
