import type { Compilable } from 'kysely'
import type { Tx } from '../storage/db.ts'
import { createDeferredRemoval } from '../storage/deferred-removal.ts'

/** Tables in which there is no end to the rows of one user. What is left in them is never shown: everything looks for the user first. */
const endlessTables = ['session', 'auth_event'] as const

/** Rows of a table that are deleted with the user. Few have more. */
const mostAtOnce = 500

/** Deletes the user's rows in those tables as far as it is quickly done, and leaves the others to the sweeper. To be run in this order. */
export function removeMostOfUser(tx: Tx, poolId: string, sub: string, now: number): Compilable[] {
  const some = endlessTables.map((table) => {
    const ids = tx.selectFrom(table).select('id').where('pool_id', '=', poolId).where('sub', '=', sub).orderBy('id').limit(mostAtOnce)
    return tx.deleteFrom(table).where('pool_id', '=', poolId).where('sub', '=', sub).where('id', 'in', ids)
  })
  return [...some, insertRemoval(tx, poolId, sub, now)]
}

/** Stores nothing when there is nothing left. */
function insertRemoval(tx: Tx, poolId: string, sub: string, now: number): Compilable {
  return tx
    .insertInto('deleted_user')
    .columns(['pool_id', 'sub', 'due_at'])
    .expression((eb) =>
      tx
        .selectNoFrom([eb.val(poolId).as('pool_id'), eb.val(sub).as('sub'), eb.val(now).as('due_at')])
        .where(({ or, exists }) =>
          or(endlessTables.map((table) => exists(tx.selectFrom(table).select('id').where('pool_id', '=', poolId).where('sub', '=', sub)))),
        ),
    )
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub']).doNothing())
}

/** Sweeps away what is left of deleted users. Whatever stores such a row holds the user, so that none is added any more. */
export const createUserRemoval = () =>
  createDeferredRemoval({
    table: 'deleted_user',
    id: 'sub',
    rowsToDelete: (poolId, sub) => endlessTables.map((table) => ({ table, where: { pool_id: poolId, sub }, key: ['id'] })),
  })
