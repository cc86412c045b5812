import type { Tx } from '../../storage/db.ts'
import type { Pool } from '../pool.ts'
import { fromRow } from '../pool-row.ts'
import type { UserStatistics } from './user-statistics.ts'

/** A pool whose statistics are due, locked until the transaction ends. A pool that another transaction has locked is left for later. */
export async function lockPoolWithDueStatistics(tx: Tx, now: number): Promise<Pool | undefined> {
  const row = await tx
    .selectFrom('user_pool')
    .selectAll()
    .where('likeness_due_at', '<=', now)
    .orderBy('likeness_due_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return row && fromRow(row)
}

export async function updateUserStatistics(tx: Tx, poolId: string, statistics: UserStatistics | undefined, dueAt: number): Promise<void> {
  await tx
    .updateTable('user_pool')
    .set({ likeness: statistics === undefined ? null : JSON.stringify(statistics), likeness_due_at: dueAt })
    .where('id', '=', poolId)
    .execute()
}
