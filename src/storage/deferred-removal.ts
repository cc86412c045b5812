import type { Transaction } from 'kysely'
import { createBatchedDelete, type RowsToDelete } from './batched-delete.ts'
import type { Tx } from './db.ts'
import type { Schema } from './schema.ts'

type Removal = {
  /**
   * The table of deleted groups or users. Its columns are `pool_id`, the column that `id` names, and `due_at`: when the sweeper works on
   * the group or user next.
   */
  readonly table: Extract<keyof Schema, 'deleted_group' | 'deleted_user'>
  readonly id: string
  /** The rows to remove. No request adds such rows after the deletion. */
  rowsToDelete(tx: Tx, poolId: string, id: string): readonly RowsToDelete[] | Promise<readonly RowsToDelete[]>
}

type AnySchema = Record<string, Record<string, string | number>>

/** The pause before the next attempt on a group or user if rows are left that other transactions held. */
const retryAfterMs = 60_000

/**
 * Removes the rows that deleted groups or users left behind. Each call deletes one short batch of the rows of one group or user, and
 * returns whether there is more to do now.
 */
export function createDeferredRemoval({ table, id, rowsToDelete }: Removal): (tx: Tx, now: number) => Promise<boolean> {
  const batches = createBatchedDelete()

  return async (tx, now) => {
    const anyTx = tx as unknown as Transaction<AnySchema>
    const row = await anyTx
      .selectFrom(table)
      .select(['pool_id', id])
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .orderBy('pool_id')
      .orderBy(id)
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (row === undefined) return false
    const [poolId, name] = [String(row['pool_id']), String(row[id])]
    const result = await batches.deleteBatch(tx, `${poolId} ${name}`, await rowsToDelete(tx, poolId, name))
    if (result === 'done') await anyTx.deleteFrom(table).where('pool_id', '=', poolId).where(id, '=', name).execute()
    else if (result === 'leftovers') {
      await anyTx
        .updateTable(table)
        .set({ due_at: now + retryAfterMs })
        .where('pool_id', '=', poolId)
        .where(id, '=', name)
        .execute()
    }
    return true
  }
}
