import type { Selectable } from 'kysely'
import { type BatchResult, createBatchedDelete, type RowsToDelete } from '../storage/batched-delete.ts'
import type { Db, Tx } from '../storage/db.ts'
import type { UserPoolTable } from '../storage/pool-tables.ts'
import { prepareLookup } from '../storage/prepared-query.ts'
import type { Schema } from '../storage/schema.ts'
import { createSettledRemoval } from '../storage/settled-removal.ts'

/** The tables with rows of a pool. The audit records are not deleted with their pool: they say who deleted it. */
type PoolTable = Exclude<{ [Table in keyof Schema]: 'pool_id' extends keyof Schema[Table] ? Table : never }[keyof Schema], 'audit_record'>

/**
 * All tables with rows of a pool, and the columns that identify a row within the pool. The type requires new tables to be added here.
 * @NOTE The tables are emptied in this order: users before the rows that belong to them. A transaction that stores a row about a user locks
 *   the user first. So it either commits before the user is deleted, and its row is deleted afterwards, or it finds no user.
 */
const poolTables: { readonly [Table in PoolTable]: readonly (keyof Schema[Table] & string)[] } = {
  app_client: ['id'],
  pool_resource: ['kind', 'id'],
  pool_domain: ['domain'],
  schema_change: ['id'],
  signing_key: ['kid'],
  user: ['sub'],
  user_alias: ['kind', 'value_key'],
  user_attribute: ['name', 'value_key', 'sub'],
  group_member: ['sub', 'group_name'],
  user_group: ['name'],
  deleted_group: ['member_key'],
  deleted_user: ['sub'],
  kept_user: ['sub'],
  password_history: ['sub', 'set_at'],
  software_token: ['sub'],
  recovery_code_set: ['sub'],
  passkey: ['sub', 'id'],
  device: ['sub', 'device_key'],
  device_step: ['sub', 'client_id', 'device_key'],
  code: ['sub', 'purpose'],
  sign_in_link: ['sub'],
  email_change: ['sub', 'position'],
  former_user: ['sub'],
  former_member: ['group_name', 'sub'],
  attempt: ['subject', 'action'],
  authorization_code: ['id'],
  pushed_request: ['id'],
  device_authorization: ['id'],
  initial_access_token: ['id'],
  provider_sign_in: ['id'],
  session: ['sub', 'id'],
  session_client: ['sub', 'sid', 'client_id'],
  auth_event: ['sub', 'id'],
  risk_counter: ['level', 'value'],
  log_record: ['sink', 'id'],
  stuffing_network: ['network'],
  trigger_invocation: ['sub', 'id'],
  trigger_answer: ['sub', 'client_id', 'trigger'],
  import_job: ['id'],
  import_chunk: ['job_id', 'upload_id', 'number'],
  import_log: ['job_id', 'number'],
  import_name: ['job_id', 'name_hash'],
  active_import: ['slot'],
  outbox: ['id'],
  message_count: ['key'],
  hidden_sign_up: ['name_hash'],
  inbox_message: ['id'],
}

/** Tables whose rows can be large: files, logos and the events of trigger functions. */
const largeTables: ReadonlySet<PoolTable> = new Set([
  'kept_user',
  'import_chunk',
  'import_log',
  'pool_resource',
  'trigger_invocation',
  'trigger_answer',
])

const rowsOf = (poolId: string): readonly RowsToDelete[] =>
  Object.entries(poolTables).map(([table, key]) => ({
    table: table as PoolTable,
    where: { pool_id: poolId },
    key,
    areLarge: largeTables.has(table as PoolTable),
  }))

/** The columns of `user_pool` that a deleted pool keeps. */
const keptColumns = ['id', 'name', 'created_at', 'updated_at', 'config', 'likeness'] as const

/**
 * Marks the pool as deleted: from the commit on, no query finds it. The sweeper removes its other rows later. With `keptUntil` (epoch
 * milliseconds) the removal begins then, and until then the pool can be restored. False when there was no such pool.
 * @NOTE The row of the pool moves to a separate table, so that a process of an earlier release does not find the pool either.
 */
export async function markPoolDeleted(tx: Tx, poolId: string, now: number, keptUntil?: number): Promise<boolean> {
  const row = await tx.deleteFrom('user_pool').where('id', '=', poolId).returning(keptColumns).executeTakeFirst()
  if (row === undefined) return false
  await tx
    .insertInto('deleted_pool')
    .values({ ...row, deleted_at: now, due_at: keptUntil ?? now, kept_until: keptUntil ?? null })
    .execute()
  return true
}

/** A deleted pool that can be restored. The times are in epoch milliseconds. */
export type KeptPool = {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  readonly deletedAt: number
  /** When the removal of its rows begins. */
  readonly keptUntil: number
}

/** Deleted pools that can be restored, ordered by id, beginning after the id `after`. */
export async function listKeptPools(
  db: Db,
  { now, after, limit }: { readonly now: number; readonly after: string | undefined; readonly limit: number },
): Promise<readonly KeptPool[]> {
  let query = db
    .selectFrom('deleted_pool')
    .select(['id', 'name', 'created_at', 'deleted_at', 'kept_until'])
    .where('kept_until', '>', now)
    .orderBy('id')
    .limit(limit)
  if (after !== undefined) query = query.where('id', '>', after)
  const rows = await query.execute()
  return rows.map(({ id, name, created_at, deleted_at, kept_until }) => ({
    id,
    name,
    createdAt: created_at,
    deletedAt: deleted_at,
    keptUntil: kept_until ?? 0,
  }))
}

/**
 * Why a pool cannot be restored. `unknown`: there is no deleted pool of this id that was kept. `removing`: the removal of its rows has begun.
 * `taken`: there is a pool of this id.
 */
export type NotRestored = 'unknown' | 'removing' | 'taken'

/**
 * Brings a deleted pool back, with all its rows: they never left their tables, so their keys are still theirs. Returns the pool's name.
 * @NOTE The sweeper locks the row of the pool while it removes rows, and sets `kept_until` to 0 first. So this call either comes before it, or
 *   waits and then finds that the removal has begun.
 */
export async function restorePool(tx: Tx, poolId: string, now: number): Promise<{ readonly name: string } | NotRestored> {
  const row = await tx
    .deleteFrom('deleted_pool')
    .where('id', '=', poolId)
    .where('kept_until', '>', now)
    .returning(keptColumns)
    .executeTakeFirst()
  if (row === undefined) return whyNotRestored(tx, poolId)
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('user_pool')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n ? { name: row.name } : 'taken'
}

async function whyNotRestored(tx: Tx, poolId: string): Promise<NotRestored> {
  const deleted = await tx.selectFrom('deleted_pool').select('kept_until').where('id', '=', poolId).executeTakeFirst()
  if (deleted !== undefined) return deleted.kept_until === null ? 'unknown' : 'removing'
  return (await tx.selectFrom('user_pool').select('id').where('id', '=', poolId).executeTakeFirst()) === undefined ? 'unknown' : 'taken'
}

/** Whether the pool is deleted but some of its rows may still exist. */
export async function isPoolDeleted(db: Db | Tx, poolId: string): Promise<boolean> {
  return (await selectDeleted(db, { poolId })).rows.length > 0
}

const selectDeleted = prepareLookup((db, { poolId }: { poolId: string }) =>
  db.selectFrom('deleted_pool').select('id').where('id', '=', poolId),
)

/** The sweep that removes the rows of deleted pools. */
export const createPoolRemoval = () => createSettledRemoval({ table: 'deleted_pool', rowsToDelete: rowsOf, beforeBatch: endKeeping })

/** From now on the pool cannot be restored. */
async function endKeeping(tx: Tx, poolId: string): Promise<void> {
  await tx.updateTable('deleted_pool').set({ kept_until: 0 }).where('id', '=', poolId).where('kept_until', '>', 0).execute()
}

/**
 * `kept`: a deleted pool, which RestoreUserPool can bring back. `deleted`: one whose row the sweeper has not removed yet. Undefined: there is
 * none.
 */
export type PoolState = 'living' | 'kept' | 'deleted' | undefined

/** Whether there is a pool of this id. */
export async function findPoolState(db: Db | Tx, poolId: string, now: number): Promise<PoolState> {
  const living = await db.selectFrom('user_pool').select('id').where('id', '=', poolId).executeTakeFirst()
  if (living !== undefined) return 'living'
  const deleted = await db.selectFrom('deleted_pool').select('kept_until').where('id', '=', poolId).executeTakeFirst()
  return deleted && ((deleted.kept_until ?? 0) > now ? 'kept' : 'deleted')
}

/**
 * Hides the pool that is being restored, and the pool that it replaces: from the commit on, no query finds it. Unless
 * `prolongPoolRestore` is called until `dueAt`, the sweeper removes all rows of the pool. False when there is a pool of this id now that was
 * not there `before`: then the transaction must be rolled back.
 */
export async function beginPoolRestore(
  tx: Tx,
  poolId: string,
  { before, now, dueAt }: { readonly before: PoolState; readonly now: number; readonly dueAt: number },
): Promise<boolean> {
  const hidden = { id: poolId, name: '', created_at: now, updated_at: now, config: '{}' }
  // Waits for a request that is creating a pool of this id. Such a request looks for a row in `deleted_pool` after it has this row.
  await tx
    .insertInto('user_pool')
    .values(hidden)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
  const found = await tx.deleteFrom('user_pool').where('id', '=', poolId).where('config', '<>', hidden.config).executeTakeFirstOrThrow()
  await tx.deleteFrom('user_pool').where('id', '=', poolId).execute()
  const deleted = await tx.deleteFrom('deleted_pool').where('id', '=', poolId).returning('kept_until').executeTakeFirst()
  await tx
    .insertInto('deleted_pool')
    .values({ ...hidden, deleted_at: now, due_at: dueAt, kept_until: null })
    .execute()
  if (found.numDeletedRows > 0n) return before === 'living'
  return (deleted?.kept_until ?? 0) <= now || before === 'kept'
}

/** Keeps the sweeper away until `dueAt`. False when it may have begun to remove the rows, because `lastDueAt` has passed. */
export async function prolongPoolRestore(
  tx: Tx,
  poolId: string,
  { now, lastDueAt, dueAt }: { readonly now: number; readonly lastDueAt: number; readonly dueAt: number },
): Promise<boolean> {
  if (now >= lastDueAt) return false
  const { numUpdatedRows } = await tx
    .updateTable('deleted_pool')
    .set({ due_at: dueAt })
    .where('id', '=', poolId)
    .where('due_at', '=', lastDueAt)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Ends the restore: from the commit on, the pool is found. */
export async function endPoolRestore(tx: Tx, row: Selectable<UserPoolTable>): Promise<void> {
  await tx.deleteFrom('deleted_pool').where('id', '=', row.id).execute()
  await tx.insertInto('user_pool').values(row).execute()
}

/** Gives the restore up, after `emptyPool`. The sweeper removes what requests to an earlier pool of the id may still store. */
export async function abandonPoolRestore(tx: Tx, poolId: string, { now, hadPool }: { readonly now: number; readonly hadPool: boolean }) {
  if (hadPool) await tx.updateTable('deleted_pool').set({ due_at: now }).where('id', '=', poolId).execute()
  else await tx.deleteFrom('deleted_pool').where('id', '=', poolId).execute()
}

/** Removes the rows of a pool, except its own row and the audit records. Each call removes one short batch. */
export function createPoolEmptying(poolId: string): (tx: Tx) => Promise<BatchResult> {
  const batches = createBatchedDelete()
  return (tx) => batches.deleteBatch(tx, poolId, rowsOf(poolId))
}
