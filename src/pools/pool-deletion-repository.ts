import { hourMs, minuteMs } from '../base/durations.ts'
import { createBatchedDelete, type RowsToDelete } from '../storage/batched-delete.ts'
import type { Db, Tx } from '../storage/db.ts'
import { prepareLookup } from '../storage/prepared-query.ts'
import type { Schema } from '../storage/schema.ts'

type PoolTable = { [Table in keyof Schema]: 'pool_id' extends keyof Schema[Table] ? Table : never }[keyof Schema]

/**
 * Every table that holds rows of a pool, with the columns that name a row in it; the type demands that a new one is added here.
 * @NOTE They are emptied in this order, and users go before what is theirs, for the reason that deleteUserRows gives.
 */
const poolTables: { readonly [Table in PoolTable]: readonly (keyof Schema[Table] & string)[] } = {
  app_client: ['id'],
  pool_resource: ['kind', 'id'],
  pool_domain: ['domain'],
  signing_key: ['kid'],
  user: ['sub'],
  user_alias: ['kind', 'value_key'],
  user_attribute: ['name', 'value_key', 'sub'],
  group_member: ['sub', 'group_name'],
  user_group: ['name'],
  deleted_group: ['member_key'],
  deleted_user: ['sub'],
  password_history: ['sub', 'set_at'],
  software_token: ['sub'],
  passkey: ['sub', 'id'],
  device: ['sub', 'device_key'],
  device_step: ['sub', 'client_id', 'device_key'],
  code: ['sub', 'purpose'],
  attempt: ['subject', 'action'],
  session: ['sub', 'id'],
  auth_event: ['sub', 'id'],
  trigger_invocation: ['sub', 'id'],
  audit_record: ['id'],
  trigger_answer: ['sub', 'client_id', 'trigger'],
  import_job: ['id'],
  import_chunk: ['job_id', 'upload_id', 'number'],
  import_log: ['job_id', 'number'],
  active_import: ['slot'],
  outbox: ['id'],
  message_count: ['key'],
  inbox_message: ['id'],
}

/** Tables whose rows can be large: files, logos and what was said to functions. */
const largeTables: ReadonlySet<PoolTable> = new Set(['import_chunk', 'import_log', 'pool_resource', 'trigger_invocation', 'trigger_answer'])

const rowsOf = (poolId: string): readonly RowsToDelete[] =>
  Object.entries(poolTables).map(([table, key]) => ({
    table: table as PoolTable,
    where: { pool_id: poolId },
    key,
    areLarge: largeTables.has(table as PoolTable),
  }))

/** What the pool's users have in common is left out: it can be drawn anew. */
const keptColumns = ['id', 'name', 'created_at', 'updated_at', 'config'] as const

/**
 * From the commit on there is no such pool. Everything in it is removed later, by the sweeper. False when there was no such pool.
 * @NOTE The row moves to a table of its own, so that a process of an earlier release, too, finds no pool.
 */
export async function markPoolDeleted(tx: Tx, poolId: string, now: number): Promise<boolean> {
  const row = await tx.deleteFrom('user_pool').where('id', '=', poolId).returning(keptColumns).executeTakeFirst()
  if (row === undefined) return false
  await tx
    .insertInto('deleted_pool')
    .values({ ...row, deleted_at: now, due_at: now })
    .execute()
  return true
}

/** Whether the pool was deleted and some of its rows may still be there. */
export async function isPoolDeleted(db: Db | Tx, poolId: string): Promise<boolean> {
  return (await selectDeleted(db, { poolId })).rows.length > 0
}

const selectDeleted = prepareLookup((db, { poolId }: { poolId: string }) =>
  db.selectFrom('deleted_pool').select('id').where('id', '=', poolId),
)

/**
 * A request that began before the deletion may store a row after the sweeper was there. None takes this long, so a look after this time
 * finds the last of them.
 */
const settledAfterMs = hourMs

/** When to look again for rows that others held. */
const againAfterMs = minuteMs

/** Sweeps away what deleted pools held. Each call is one short batch of one pool; it answers whether there is more to do now. */
export function createPoolRemoval(): (tx: Tx, now: number) => Promise<boolean> {
  const batches = createBatchedDelete()

  return async (tx, now) => {
    const pool = await tx
      .selectFrom('deleted_pool')
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
    if (result === 'done' && now >= settledAt) await tx.deleteFrom('deleted_pool').where('id', '=', pool.id).execute()
    else await setDue(tx, pool.id, result === 'done' ? settledAt : now + againAfterMs)
    return true
  }
}

async function setDue(tx: Tx, poolId: string, dueAt: number): Promise<void> {
  await tx.updateTable('deleted_pool').set({ due_at: dueAt }).where('id', '=', poolId).execute()
}
