import type { Transaction } from 'kysely'
import { minuteMs } from '../base/durations.ts'
import type { DoomedRows } from './batched-delete.ts'
import type { Tx } from './db.ts'
import { createRowRemover } from './row-remover.ts'
import type { Schema } from './schema.ts'

type Removal = {
  /** Names what was deleted: by its pool, by the column `id`, and by when the sweeper works on it next. */
  readonly table: Extract<keyof Schema, 'deleted_group' | 'deleted_user'>
  readonly id: string
  /** The rows to remove. No request adds rows after the deletion. */
  partsOf(poolId: string, id: string): readonly DoomedRows[]
}

type AnySchema = Record<string, Record<string, string | number>>

/** When to look again for rows that others held. */
const againAfterMs = minuteMs

/** Sweeps away what deleted things leave. Each call is one short batch for one of them; it answers whether there is more to do now. */
export function createDueRemoval({ table, id, partsOf }: Removal): (tx: Tx, now: number) => Promise<boolean> {
  const remover = createRowRemover()

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
    const found = await remover.removeSome(tx, `${poolId} ${name}`, partsOf(poolId, name))
    if (found === 'nothing') await anyTx.deleteFrom(table).where('pool_id', '=', poolId).where(id, '=', name).execute()
    else if (found === 'rest') {
      await anyTx
        .updateTable(table)
        .set({ due_at: now + againAfterMs })
        .where('pool_id', '=', poolId)
        .where(id, '=', name)
        .execute()
    }
    return true
  }
}
