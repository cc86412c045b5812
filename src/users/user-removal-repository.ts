import type { Compilable, Transaction } from 'kysely'
import type { Tx } from '../storage/db.ts'
import { createDeferredRemoval } from '../storage/deferred-removal.ts'
import { runTogether } from '../storage/run-together.ts'
import { type UserTable, userColumnOf, userTablesDeleted } from '../storage/user-rows.ts'
import { deleteInvocationsBeforeUser } from '../triggers/invocations/invocation-repository.ts'
import { endSessionClients } from './session-clients/session-client-repository.ts'

const tablesAtOnce = userTablesDeleted('at-once')
const tablesInBatches = userTablesDeleted('in-batches')

/** How many rows of each table in `tablesInBatches` are deleted together with the user, at most. Few users have more rows in a table. */
const maxRowsAtOnce = 500

/**
 * Deletes everything that is known of the user: names, attributes, memberships, passwords, codes, sessions, counted attempts, records of
 * triggers, and messages, sent or not. The apps of the user's domain sessions are told that these have ended. If there are very many
 * sessions or auth events, the sweeper deletes the rest: no operation shows them, because every operation looks for the user first.
 * @NOTE The user's own row goes first. A transaction that stores another row about a user holds the user's own row until its commit
 * (lockUser, or FOR KEY SHARE). If that transaction got the user's row first, this function waits for its commit, and then finds the stored
 * row. Otherwise that transaction waits for this function's transaction, and then finds no user.
 */
export async function deleteUserRows(tx: Tx, poolId: string, sub: string, now: number): Promise<void> {
  await tx.deleteFrom('user').where('pool_id', '=', poolId).where('sub', '=', sub).execute()
  await endSessionClients(tx, { poolId, sub, sid: undefined }, now)
  const aliases = await tx.selectFrom('user_alias').select('value_key').where('pool_id', '=', poolId).where('sub', '=', sub).execute()
  const names = aliases.map(({ value_key }) => value_key)
  await runTogether(tx, [
    ...tablesAtOnce.map((table) => deleteRows(tx, table, poolId, sub)),
    ...deleteInvocationsBeforeUser(tx, poolId, names),
    ...tablesInBatches.map((table) => deleteFirstRows(tx, table, poolId, sub)),
    insertRemoval(tx, poolId, sub, now),
  ])
}

type AnySchema = Record<UserTable, Record<string, string | number>>

const anySchema = (tx: Tx) => tx as unknown as Transaction<AnySchema>

function deleteRows(tx: Tx, table: UserTable, poolId: string, sub: string) {
  return anySchema(tx).deleteFrom(table).where('pool_id', '=', poolId).where(userColumnOf(table), '=', sub)
}

function selectIds(tx: Tx, table: UserTable, poolId: string, sub: string) {
  return anySchema(tx).selectFrom(table).select('id').where('pool_id', '=', poolId).where(userColumnOf(table), '=', sub)
}

function deleteFirstRows(tx: Tx, table: UserTable, poolId: string, sub: string): Compilable {
  return deleteRows(tx, table, poolId, sub).where('id', 'in', selectIds(tx, table, poolId, sub).orderBy('id').limit(maxRowsAtOnce))
}

/** Asks the sweeper to delete the rows of the user that are still there; stores nothing when there are no such rows. */
function insertRemoval(tx: Tx, poolId: string, sub: string, now: number): Compilable {
  return tx
    .insertInto('deleted_user')
    .columns(['pool_id', 'sub', 'due_at'])
    .expression((eb) =>
      tx
        .selectNoFrom([eb.val(poolId).as('pool_id'), eb.val(sub).as('sub'), eb.val(now).as('due_at')])
        .where(({ or, exists }) => or(tablesInBatches.map((table) => exists(selectIds(tx, table, poolId, sub))))),
    )
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub']).doNothing())
}

/**
 * Sweeps away the remaining rows of deleted users. No rows of a deleted user are added meanwhile: a transaction that adds one has locked
 * the user's own row.
 */
export const createUserRemoval = () =>
  createDeferredRemoval({
    table: 'deleted_user',
    id: 'sub',
    rowsToDelete: (poolId, sub) =>
      tablesInBatches.map((table) => ({ table, where: { pool_id: poolId, [userColumnOf(table)]: sub }, key: ['id'] })),
  })
