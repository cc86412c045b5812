import { dayMs, hourMs } from '../../base/durations.ts'
import type { Likeness } from '../../pools/likeness/likeness.ts'
import { keepLikeness, lockDuePool } from '../../pools/likeness/likeness-repository.ts'
import type { Tx } from '../../storage/db.ts'
import { drawLikeness } from './draw-likeness.ts'
import { sampleUsers } from './sample-repository.ts'

const sampleSize = 400

/**
 * Looks at the users of one pool that is due, and answers whether there was one. A likeness is drawn anew after a month, or when the pool
 * has grown a lot: users who do not exist must not change their looks more often than others.
 */
export async function refreshLikeness(tx: Tx, now: number): Promise<boolean> {
  const pool = await lockDuePool(tx, now)
  if (pool === undefined) return false
  const drawn = drawLikeness(await sampleUsers(tx, pool.id, sampleSize), now)
  const kept = drawn === undefined || isOutdated(pool.likeness, drawn) ? drawn : pool.likeness
  // A pool that is still small may soon not be.
  await keepLikeness(tx, pool.id, kept, now + (kept === undefined ? hourMs : dayMs))
  return true
}

function isOutdated(before: Likeness | undefined, drawn: Likeness): boolean {
  if (before === undefined) return true
  return drawn.users >= before.users * 2 || drawn.drawnAt - before.drawnAt >= 30 * dayMs
}
