import type { Compilable, Transaction } from 'kysely'
import { nameKey } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import { createDeferredRemoval } from '../storage/deferred-removal.ts'
import { runTogether } from '../storage/run-together.ts'
import { type UserTable, userColumnOf, userTablesDeleted } from '../storage/user-rows.ts'
import { deleteInvocationsWithoutUser } from '../triggers/invocations/invocation-repository.ts'
import { endSessionClients } from './session-clients/session-client-repository.ts'

const tablesAtOnce = userTablesDeleted('at-once')
const tablesInBatches = userTablesDeleted('in-batches')

/** How many rows of each table in `tablesInBatches` are deleted together with the user, at most. Few users have more rows in a table. */
const maxRowsAtOnce = 500

/**
 * Deletes everything that is known of the user: names, attributes, memberships, passwords, codes, sessions, counted attempts, records of
 * triggers, and messages, sent or not. The apps of the user's domain sessions are told that these have ended. If there are very many
 * sessions or auth events, the sweeper deletes the rest: no operation shows them, because every operation looks for the user first. With
 * `keepsAuthEvents` the auth events stay, because the user can be restored.
 * @NOTE The user's own row goes first. A transaction that stores another row about a user holds the user's own row until its commit
 * (lockUser, or FOR KEY SHARE). If that transaction got the user's row first, this function waits for its commit, and then finds the stored
 * row. Otherwise that transaction waits for this function's transaction, and then finds no user.
 */
export async function deleteUserRows(
  tx: Tx,
  poolId: string,
  sub: string,
  now: number,
  { keepsAuthEvents = false }: { readonly keepsAuthEvents?: boolean } = {},
): Promise<void> {
  const tables = tablesInBatches.filter((table) => !(keepsAuthEvents && table === 'auth_event'))
  const user = tx.deleteFrom('user').where('pool_id', '=', poolId).where('sub', '=', sub)
  const spellings = spellingsOf(await user.returning('username').executeTakeFirst())
  await endSessionClients(tx, { poolId, sub, sid: undefined }, now)
  const aliases = await tx.selectFrom('user_alias').select('value_key').where('pool_id', '=', poolId).where('sub', '=', sub).execute()
  const names = [...new Set([...aliases.map(({ value_key }) => value_key), ...spellings])]
  await runTogether(tx, [
    ...tablesAtOnce.map((table) => deleteRows(tx, table, poolId, sub)),
    ...deleteInvocationsWithoutUser(tx, poolId, names),
    ...tables.map((table) => deleteFirstRows(tx, table, poolId, sub)),
    insertRemoval(tx, tables, { poolId, sub }, now),
  ])
}

/** What the username may have been stored as, before the settings that decide about names changed. */
function spellingsOf(row: { readonly username: string } | undefined): readonly string[] {
  if (row === undefined) return []
  return [nameKey({ caseSensitive: true }, row.username), nameKey({ caseSensitive: false }, row.username)]
}

export type UserKey = { readonly poolId: string; readonly sub: string }

/**
 * Has the sweeper delete the auth events of a deleted user who was kept. Does nothing when there is a user with this `sub` again, for
 * instance because an import has created one.
 */
export async function removeRemainingRows(tx: Tx, { poolId, sub }: UserKey, now: number): Promise<void> {
  const user = await tx.selectFrom('user').select('sub').where('pool_id', '=', poolId).where('sub', '=', sub).executeTakeFirst()
  if (user === undefined) await insertRemoval(tx, tablesInBatches, { poolId, sub }, now).execute()
}

/**
 * Takes back what `deleteUserRows` has left to the sweeper, because the user is restored: the sweeper must not delete new rows. Deletes the
 * remaining old rows at once, except auth events.
 */
export async function cancelRemoval(tx: Tx, { poolId, sub }: UserKey): Promise<void> {
  await tx.deleteFrom('deleted_user').where('pool_id', '=', poolId).where('sub', '=', sub).execute()
  for (const table of tablesInBatches) if (table !== 'auth_event') await deleteRows(tx, table, poolId, sub).execute()
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
function insertRemoval(tx: Tx, tables: readonly UserTable[], { poolId, sub }: UserKey, now: number) {
  return tx
    .insertInto('deleted_user')
    .columns(['pool_id', 'sub', 'due_at'])
    .expression((eb) =>
      tx
        .selectNoFrom([eb.val(poolId).as('pool_id'), eb.val(sub).as('sub'), eb.val(now).as('due_at')])
        .where(({ or, exists }) => or(tables.map((table) => exists(selectIds(tx, table, poolId, sub))))),
    )
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub']).doUpdateSet({ due_at: now }))
}

/**
 * Sweeps away the remaining rows of deleted users. No rows of a deleted user are added meanwhile: a transaction that adds one has locked
 * the user's own row. The auth events of a user who is kept stay.
 */
export const createUserRemoval = () =>
  createDeferredRemoval({
    table: 'deleted_user',
    id: 'sub',
    async rowsToDelete(tx, poolId, sub) {
      const kept = await tx.selectFrom('kept_user').select('sub').where('pool_id', '=', poolId).where('sub', '=', sub).executeTakeFirst()
      return tablesInBatches
        .filter((table) => kept === undefined || table !== 'auth_event')
        .map((table) => ({ table, where: { pool_id: poolId, [userColumnOf(table)]: sub }, key: ['id'] }))
    },
  })
