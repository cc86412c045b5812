import { hourMs, minuteMs } from '../base/durations.ts'
import { createBatchedDelete, type RowsToDelete } from './batched-delete.ts'
import type { Tx } from './db.ts'

type Removal = {
  /** The table of deleted pools. */
  readonly table: 'deleted_pool' | 'deleted_identity_pool'
  /** The rows of a pool that are removed. */
  rowsToDelete(poolId: string): readonly RowsToDelete[]
  /** Called before each batch of a pool, in its transaction. */
  beforeBatch?(tx: Tx, poolId: string): Promise<void>
}

/**
 * How long after the deletion of a pool its rows are removed for the last time. A request that began before the deletion may store a row
 * after an earlier removal. No request takes as long as this, so the last removal finds every row.
 */
const settledAfterMs = hourMs

/** How long the removal waits before it tries again to delete rows that other transactions had locked. */
const retryAfterMs = minuteMs

/** The sweep that removes the rows of deleted pools. Each call removes one short batch of one pool, and returns whether more is due now. */
export function createSettledRemoval({ table, rowsToDelete, beforeBatch }: Removal): (tx: Tx, now: number) => Promise<boolean> {
  const batches = createBatchedDelete()

  return async (tx, now) => {
    const pool = await tx
      .selectFrom(table)
      .select(['id', 'deleted_at'])
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .orderBy('id')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (pool === undefined) return false
    await beforeBatch?.(tx, pool.id)
    const result = await batches.deleteBatch(tx, pool.id, rowsToDelete(pool.id))
    if (result === 'more') return true
    const settledAt = pool.deleted_at + settledAfterMs
    if (result === 'done' && now >= settledAt) await tx.deleteFrom(table).where('id', '=', pool.id).execute()
    else {
      const dueAt = result === 'done' ? settledAt : now + retryAfterMs
      await tx.updateTable(table).set({ due_at: dueAt }).where('id', '=', pool.id).execute()
    }
    return true
  }
}
