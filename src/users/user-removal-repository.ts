import type { Compilable } from 'kysely'
import type { DoomedRows } from '../storage/batched-delete.ts'
import type { Tx } from '../storage/db.ts'
import { createRowRemover } from '../storage/row-remover.ts'

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

/** When to look again for rows that others held. */
const againAfterMs = 60_000

/** Sweeps away what is left of deleted users. Each call is one short batch of one user; it answers whether there is more to do now. */
export function createUserRemoval(): (tx: Tx, now: number) => Promise<boolean> {
  const remover = createRowRemover()

  return async (tx, now) => {
    const user = await tx
      .selectFrom('deleted_user')
      .select(['pool_id', 'sub'])
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .orderBy('pool_id')
      .orderBy('sub')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (user === undefined) return false
    const { pool_id, sub } = user
    const parts = endlessTables.map((table): DoomedRows => ({ table, where: { pool_id, sub }, key: ['id'] }))
    const found = await remover.removeSome(tx, `${pool_id} ${sub}`, parts)
    if (found === 'nothing') {
      // Whatever stores such a row holds the user, so that none is added any more.
      await tx.deleteFrom('deleted_user').where('pool_id', '=', pool_id).where('sub', '=', sub).execute()
    } else if (found === 'rest') {
      const due = { due_at: now + againAfterMs }
      await tx.updateTable('deleted_user').set(due).where('pool_id', '=', pool_id).where('sub', '=', sub).execute()
    }
    return true
  }
}
