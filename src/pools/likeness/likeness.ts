/**
 * What the users of a pool have in common, so that a user who does not exist can be made up to look like one of them. It is drawn from a
 * sample of users, rounded, and kept with the pool, so that every process makes up the same.
 */
export type Likeness = {
  /** How many users the sample had, and when it was drawn. */
  readonly users: number
  readonly drawnAt: number
  /** Of descriptions of users (see `users/likeness/kind.ts`). */
  readonly kinds: Shares
  /** Of the first letters of the domains of e-mail addresses. */
  readonly domains: Shares
  /** Of the first letters of e-mail addresses, where the username begins with another. */
  readonly initials: Shares
  /** How many in 64 e-mail addresses begin with the same letter as the username. */
  readonly namesakes: number
  /** Of the numbers of digits in phone numbers. */
  readonly phoneLengths: Shares
}

/** How many in 64 have a value. What is missing from 64 belongs to values that are too rare to be told. */
export type Shares = Readonly<Record<string, number>>

/** Of 64 made-up users this many at most look like the sample. The rest look as in any pool, so that no user stands out. */
const mostTold = 60

/** A value that fewer users share is not told: it would be theirs. */
const fewest = 5

/** Shares are rounded down, and so are their steps: a single user hardly ever moves one. */
export function sharesOf(values: readonly string[]): Shares {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const told = [...counts].filter(([, count]) => count >= fewest).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(told.map(([value, count]) => [value, Math.floor((count * mostTold) / values.length)]))
}

/** The value at a position drawn by lot, from 0 to 63; undefined for one that belongs to rare values. */
export function drawShare(shares: Shares, position: number): string | undefined {
  let end = 0
  for (const [value, share] of Object.entries(shares)) {
    end += share
    if (position < end) return value
  }
  return undefined
}
