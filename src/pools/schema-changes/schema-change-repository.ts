import type { ExpressionBuilder, Selectable } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import type { SchemaChangeTable } from '../../storage/pool-tables.ts'
import { prepareLookup } from '../../storage/prepared-query.ts'
import type { Schema } from '../../storage/schema.ts'
import type { Pool } from '../pool.ts'
import { isEnded, type SchemaChange, type SchemaChangeState, schemaChangeUnfinished, schemaJustChanged } from './schema-change.ts'
import { parseRules, type SchemaRules } from './schema-rules.ts'

/**
 * The column `schema_rules` for each query that reads users: the rules by which the stored attributes are read. They come in the same statement
 * as the user, so that they fit each other.
 */
export const selectSchemaRules = (eb: ExpressionBuilder<Schema, 'user'>) =>
  eb.selectFrom('schema_change').select('schema_change.rules').whereRef('schema_change.pool_id', '=', 'user.pool_id').as('schema_rules')

/** The same column for queries that read many users of one pool: the rules are looked up once. */
export const selectSchemaRulesOf = (poolId: string) => (eb: ExpressionBuilder<Schema, 'user'>) =>
  eb.selectFrom('schema_change').select('schema_change.rules').where('schema_change.pool_id', '=', poolId).as('schema_rules')

/** The same column for queries that read deleted users who are kept. */
export const selectSchemaRulesOfKept = (eb: ExpressionBuilder<Schema, 'kept_user'>) =>
  eb
    .selectFrom('schema_change')
    .select('schema_change.rules')
    .whereRef('schema_change.pool_id', '=', 'kept_user.pool_id')
    .as('schema_rules')

/**
 * The rules of the pool's unfinished change, for a write. `pool` is the one that the request was checked against. It may be older than the
 * switch of the change. While that is unfinished, the rules tell what to do. Afterwards nothing does.
 * @throws ApiError InvalidParameterException when `pool` is older than that: from before a change that has ended
 */
export async function findSchemaRules(db: Db | Tx, pool: Pick<Pool, 'id' | 'schemaVersion'>): Promise<SchemaRules | undefined> {
  const { rows } = await selectRules(db, { poolId: pool.id })
  const [row] = rows
  const rules = row?.rules ? parseRules(row.rules) : undefined
  const version = row?.schema_version ?? undefined
  // From before the switch, from after it, and from after an undo. Changes of earlier releases have no version.
  const known = rules === undefined ? [version] : [rules.versionBefore, rules.changeId, version]
  const isKnown = version === undefined || known.includes(pool.schemaVersion)
  if (!isKnown) throw schemaJustChanged()
  return rules
}

const selectRules = prepareLookup((db, { poolId }: { poolId: string }) =>
  db.selectFrom('schema_change').select(['rules', 'schema_version']).where('pool_id', '=', poolId),
)

/** The latest change of the pool. */
export async function findSchemaChange(db: Db | Tx, poolId: string): Promise<SchemaChange | undefined> {
  const row = await db.selectFrom('schema_change').selectAll().where('pool_id', '=', poolId).executeTakeFirst()
  return row && fromRow(row)
}

/** The latest change of the pool, locked until the transaction ends. */
export async function lockSchemaChange(tx: Tx, poolId: string): Promise<SchemaChange | undefined> {
  const row = await tx
    .updateTable('schema_change')
    .set((column) => ({ pool_id: column.ref('pool_id') }))
    .where('pool_id', '=', poolId)
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Stores the change in place of an earlier one. The caller has locked the pool, and knows that no change of it is unfinished. */
export async function putSchemaChange(tx: Tx, change: SchemaChange): Promise<void> {
  const { pool_id, ...values } = toRow(change)
  await tx
    .insertInto('schema_change')
    .values({ pool_id, ...values })
    .onConflict((conflict) => conflict.column('pool_id').doUpdateSet(values))
    .execute()
}

/** The pools, of those that exist, whose change has something to do. */
export async function findDueSchemaChanges(db: Db, now: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('schema_change')
    .innerJoin('user_pool', 'user_pool.id', 'schema_change.pool_id')
    .select('schema_change.pool_id')
    .where('due_at', '<=', now)
    .orderBy('schema_change.due_at')
    .execute()
  return rows.map(({ pool_id }) => pool_id)
}

/**
 * Checks that no change of the pool's schema is unfinished, or in one of the given states.
 * @NOTE The caller must have locked the pool. A change locks the pool when it starts, and when it is switched or undone.
 * @throws ApiError InvalidParameterException, which names the change
 */
export async function requireNoSchemaChange(tx: Tx, poolId: string, states?: readonly SchemaChangeState[]): Promise<void> {
  const change = await findSchemaChange(tx, poolId)
  if (change === undefined || isEnded(change)) return
  if (states === undefined || states.includes(change.state)) throw schemaChangeUnfinished(change)
}

function fromRow(row: Selectable<SchemaChangeTable>): SchemaChange {
  return {
    poolId: row.pool_id,
    id: row.id,
    state: row.state as SchemaChangeState,
    rules: row.rules === null ? undefined : parseRules(row.rules),
    schemaVersion: row.schema_version ?? undefined,
    details: JSON.parse(row.details),
    cursor: row.cursor === null ? undefined : JSON.parse(row.cursor),
    barrier: row.barrier ?? undefined,
    done: row.done,
    startedAt: row.started_at,
    dueAt: row.due_at ?? undefined,
  }
}

function toRow(change: SchemaChange): Selectable<SchemaChangeTable> {
  return {
    pool_id: change.poolId,
    id: change.id,
    state: change.state,
    rules: change.rules === undefined ? null : JSON.stringify(change.rules),
    schema_version: change.schemaVersion ?? null,
    details: JSON.stringify(change.details),
    cursor: change.cursor === undefined ? null : JSON.stringify(change.cursor),
    barrier: change.barrier ?? null,
    done: change.done,
    started_at: change.startedAt,
    due_at: change.dueAt ?? null,
  }
}
