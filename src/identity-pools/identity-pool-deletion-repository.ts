import { hourMs, minuteMs } from '../base/durations.ts'
import { createBatchedDelete, type RowsToDelete } from '../storage/batched-delete.ts'
import type { Tx } from '../storage/db.ts'

/** Deletes the pool and leaves a mark for the sweeper, which removes the pool's identities and their logins. */
export async function markIdentityPoolDeleted(tx: Tx, id: string, now: number): Promise<void> {
  await tx.deleteFrom('identity_pool').where('id', '=', id).execute()
  await tx.insertInto('deleted_identity_pool').values({ id, deleted_at: now, due_at: now }).execute()
}

/** Identities come first: a transaction that stores a login locks the identity, so it finds none, or its login is removed afterwards. */
const rowsOf = (poolId: string): readonly RowsToDelete[] => [
  { table: 'identity', where: { identity_pool_id: poolId }, key: ['id'] },
  { table: 'identity_login', where: { identity_pool_id: poolId }, key: ['provider', 'subject_key'] },
]

/** A request that began before the deletion may store a row after an earlier removal. No request takes as long as this. */
const settledAfterMs = hourMs

/** How long the removal waits before it tries again to delete rows that other transactions had locked. */
const retryAfterMs = minuteMs

/** The sweep that removes the rows of deleted identity pools. Each call removes one short batch, and returns whether more is due now. */
export function createIdentityPoolRemoval(): (tx: Tx, now: number) => Promise<boolean> {
  const batches = createBatchedDelete()

  return async (tx, now) => {
    const pool = await tx
      .selectFrom('deleted_identity_pool')
      .select(['id', 'deleted_at'])
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .orderBy('id')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (pool === undefined) return false
    const result = await batches.deleteBatch(tx, pool.id, rowsOf(pool.id))
    if (result === 'more') return true
    const settledAt = pool.deleted_at + settledAfterMs
    if (result === 'done' && now >= settledAt) await tx.deleteFrom('deleted_identity_pool').where('id', '=', pool.id).execute()
    else {
      const dueAt = result === 'done' ? settledAt : now + retryAfterMs
      await tx.updateTable('deleted_identity_pool').set({ due_at: dueAt }).where('id', '=', pool.id).execute()
    }
    return true
  }
}
