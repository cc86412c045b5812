import type { Db, Tx } from '../../storage/db.ts'
import type { PoolDomain } from './pool-domain.ts'
import { fromRow, toRow } from './pool-domain-row.ts'

/** False when a pool already has the domain. */
export async function insertDomain(tx: Tx, domain: PoolDomain): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('pool_domain')
    .values(toRow(domain))
    .onConflict((conflict) => conflict.column('domain').doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Finds the domain of any pool. A browser names the pool only by its domain. */
export async function findDomain(db: Db | Tx, domain: string): Promise<PoolDomain | undefined> {
  const row = await db.selectFrom('pool_domain').selectAll().where('domain', '=', domain).executeTakeFirst()
  return row && fromRow(row)
}

/** The domains of the pool: at most one prefix and one custom domain. */
export async function findDomainsOfPool(db: Db | Tx, poolId: string): Promise<readonly PoolDomain[]> {
  const rows = await db.selectFrom('pool_domain').selectAll().where('pool_id', '=', poolId).orderBy('domain').execute()
  return rows.map(fromRow)
}

/** The stored domain, locked until the transaction ends. */
export async function lockDomain(tx: Tx, poolId: string, domain: string): Promise<PoolDomain | undefined> {
  const row = await tx
    .updateTable('pool_domain')
    .set((column) => ({ domain: column.ref('domain') }))
    .where('pool_id', '=', poolId)
    .where('domain', '=', domain)
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row)
}

export async function updateDomain(tx: Tx, domain: PoolDomain): Promise<void> {
  const { updated_at, config } = toRow(domain)
  await tx
    .updateTable('pool_domain')
    .set({ updated_at, config })
    .where('pool_id', '=', domain.poolId)
    .where('domain', '=', domain.domain)
    .execute()
}

/** False when the pool has no such domain. */
export async function deleteDomain(db: Db | Tx, poolId: string, domain: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('pool_domain')
    .where('pool_id', '=', poolId)
    .where('domain', '=', domain)
    .executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}

/** The number of custom domains in all pools, counted up to `limit`. Only custom domains have a dot. */
export async function countCustomDomainsUpTo(db: Db | Tx, limit: number): Promise<number> {
  const domains = await db.selectFrom('pool_domain').select('domain').where('domain', 'like', '%.%').limit(limit).execute()
  return domains.length
}
