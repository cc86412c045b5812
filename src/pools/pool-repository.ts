import { invalidParameter } from '../contract/api-error.ts'
import type { Db, Tx } from '../storage/db.ts'
import { extensionsOf } from './extensions/pool-extensions.ts'
import type { Pool } from './pool.ts'
import { fromRow, toRow } from './pool-row.ts'

/** @throws ApiError InvalidParameterException when a pool has the id */
export async function insertPool(db: Db | Tx, pool: Pool): Promise<void> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('user_pool')
    .values(toRow(pool))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows !== 1n) throw invalidParameter(`A user pool with the id ${pool.id} exists.`)
}

export async function findPool(db: Db | Tx, poolId: string): Promise<Pool | undefined> {
  const row = await db.selectFrom('user_pool').selectAll().where('id', '=', poolId).executeTakeFirst()
  return row && fromRow(row)
}

/**
 * The stored pool, locked: no other transaction changes or deletes it before this one ends. An update that changes nothing locks the row,
 * on PostgreSQL and on SQLite.
 */
export async function lockPool(tx: Tx, poolId: string): Promise<Pool | undefined> {
  const row = await tx
    .updateTable('user_pool')
    .set((column) => ({ id: column.ref('id') }))
    .where('id', '=', poolId)
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row)
}

export async function updatePool(tx: Tx, pool: Pool): Promise<void> {
  const { name, updated_at, config } = toRow(pool)
  await tx.updateTable('user_pool').set({ name, updated_at, config }).where('id', '=', pool.id).execute()
}

/** Pools ordered by id, beginning after the id `after`. */
export async function listPools(db: Db | Tx, page: { after: string | undefined; limit: number }): Promise<readonly Pool[]> {
  let query = db.selectFrom('user_pool').selectAll().orderBy('id').limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '>', page.after)
  return (await query.execute()).map(fromRow)
}

/** The names of those of the pools that exist, by pool id. */
export async function listPoolNames(db: Db | Tx, poolIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (poolIds.length === 0) return new Map()
  const rows = await db.selectFrom('user_pool').select(['id', 'name']).where('id', 'in', poolIds).execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** The number of pools, counted up to `limit`. */
export async function countPoolsUpTo(db: Db | Tx, limit: number): Promise<number> {
  return (await db.selectFrom('user_pool').select('id').limit(limit).execute()).length
}

/** The number of users in the pool, counted up to `limit`. */
export async function countUsersUpTo(db: Db | Tx, poolId: string, limit: number): Promise<number> {
  const { count } = await db
    .selectFrom(db.selectFrom('user').select('sub').where('pool_id', '=', poolId).limit(limit).as('some'))
    .select(({ fn }) => fn.count<number | bigint | string>('sub').as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** The pools with deleted users who are kept. */
export async function listPoolsWithKeptUsers(db: Db | Tx): Promise<readonly Pool[]> {
  const rows = await db
    .selectFrom('user_pool')
    .selectAll()
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('kept_user').select('sub').whereRef('kept_user.pool_id', '=', 'user_pool.id').limit(1)),
    )
    .orderBy('id')
    .execute()
  return rows.map(fromRow)
}

/** The pools that delete users who did not confirm their sign-up in time. */
export async function listPoolsWithExpiringSignUps(db: Db | Tx): Promise<readonly Pool[]> {
  const rows = await db.selectFrom('user_pool').selectAll().where('config', 'like', '%"unconfirmedLifetimeHours":%').orderBy('id').execute()
  return rows.map(fromRow).filter((pool) => extensionsOf(pool).signUp.unconfirmedLifetimeHours !== undefined)
}
