import type { Tx } from '../../storage/db.ts'
import type { Pool } from '../pool.ts'
import { fromRow } from '../pool-row.ts'
import type { Likeness } from './likeness.ts'

/** A pool whose sample of users is due, locked until the transaction ends. A pool that another transaction has locked is left for the next sweep. */
export async function lockDuePool(tx: Tx, now: number): Promise<Pool | undefined> {
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

export async function keepLikeness(tx: Tx, poolId: string, likeness: Likeness | undefined, dueAt: number): Promise<void> {
  await tx
    .updateTable('user_pool')
    .set({ likeness: likeness === undefined ? null : JSON.stringify(likeness), likeness_due_at: dueAt })
    .where('id', '=', poolId)
    .execute()
}
