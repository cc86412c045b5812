import { dayMs, hourMs } from '../../base/durations.ts'
import type { UserStatistics } from '../../pools/user-statistics/user-statistics.ts'
import { lockPoolWithDueStatistics, updateUserStatistics } from '../../pools/user-statistics/user-statistics-repository.ts'
import type { Tx } from '../../storage/db.ts'
import { computeUserStatistics } from './compute-user-statistics.ts'
import { sampleUsers } from './user-sample-repository.ts'

const sampleSize = 400

/**
 * Refreshes the statistics of one pool whose refresh is due; false when there is no such pool. The statistics are removed when the sample
 * has become too small. Otherwise they change only after a month, or when the number of users has doubled: a decoy must not change its
 * attributes more often than a user does.
 */
export async function refreshUserStatistics(tx: Tx, now: number): Promise<boolean> {
  const pool = await lockPoolWithDueStatistics(tx, now)
  if (pool === undefined) return false
  const computed = computeUserStatistics(await sampleUsers(tx, pool.id, sampleSize), now)
  const statistics = computed === undefined || isOutdated(pool.userStatistics, computed) ? computed : pool.userStatistics
  // A pool without statistics is small, and can grow quickly: its users are sampled again after an hour instead of a day.
  await updateUserStatistics(tx, pool.id, statistics, now + (statistics === undefined ? hourMs : dayMs))
  return true
}

function isOutdated(before: UserStatistics | undefined, computed: UserStatistics): boolean {
  if (before === undefined) return true
  return computed.users >= before.users * 2 || computed.drawnAt - before.drawnAt >= 30 * dayMs
}
