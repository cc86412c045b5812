import { invalidParameter } from '../contract/api-error.ts'
import type { Db, Tx } from '../storage/db.ts'
import { prepareLookup } from '../storage/prepared-query.ts'
import type { IdentityPool } from './identity-pool.ts'
import { fromRow, toRow } from './identity-pool-row.ts'

/** @throws ApiError InvalidParameterException when an identity pool has the id */
export async function insertIdentityPool(tx: Tx, pool: IdentityPool): Promise<void> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('identity_pool')
    .values(toRow(pool))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows !== 1n) throw invalidParameter(`An identity pool with the id ${pool.id} exists.`)
}

export async function findIdentityPool(db: Db | Tx, id: string): Promise<IdentityPool | undefined> {
  const row = (await selectPool(db, { id })).rows[0]
  return row && fromRow(row)
}

const selectPool = prepareLookup((db, { id }: { id: string }) => db.selectFrom('identity_pool').selectAll().where('id', '=', id))

/** The stored pool, locked: no other transaction changes or deletes it before this one ends. */
export async function lockIdentityPool(tx: Tx, id: string): Promise<IdentityPool | undefined> {
  const row = await tx
    .updateTable('identity_pool')
    .set((column) => ({ id: column.ref('id') }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row)
}

export async function updateIdentityPool(tx: Tx, pool: IdentityPool): Promise<void> {
  const { id, created_at: _createdAt, ...columns } = toRow(pool)
  await tx.updateTable('identity_pool').set(columns).where('id', '=', id).execute()
}

/** Identity pools ordered by id, beginning after the id `after`. */
export async function listIdentityPools(
  db: Db,
  page: { after: string | undefined; limit: number },
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  let query = db.selectFrom('identity_pool').select(['id', 'name']).orderBy('id').limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '>', page.after)
  return await query.execute()
}

/** The number of identity pools, counted up to `limit`. */
export async function countIdentityPoolsUpTo(tx: Tx, limit: number): Promise<number> {
  return (await tx.selectFrom('identity_pool').select('id').limit(limit).execute()).length
}
