import type { Selectable } from 'kysely'
import type { Db, Tx } from '../storage/db.ts'
import type { PoolResourceTable } from '../storage/pool-tables.ts'
import { prepareLookup } from '../storage/prepared-query.ts'
import type { PoolResource, ResourceKind } from './pool-resource.ts'

/** False when the pool already has a resource of that kind and id. */
export async function insertResource<Config>(
  tx: Db | Tx,
  poolId: string,
  kind: ResourceKind<Config>,
  resource: PoolResource<Config>,
): Promise<boolean> {
  const { id, createdAt, updatedAt, config } = resource
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('pool_resource')
    .values({ pool_id: poolId, kind: kind.name, id, created_at: createdAt, updated_at: updatedAt, config: JSON.stringify(config) })
    .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'id']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

export async function findResource<Config>(
  db: Db | Tx,
  poolId: string,
  kind: ResourceKind<Config>,
  id: string,
): Promise<PoolResource<Config> | undefined> {
  const { rows } = await selectResource(db, { poolId, kind: kind.name, id })
  return rows[0] && fromRow(rows[0])
}

const selectResource = prepareLookup((db, key: { poolId: string; kind: string; id: string }) =>
  db.selectFrom('pool_resource').selectAll().where('pool_id', '=', key.poolId).where('kind', '=', key.kind).where('id', '=', key.id),
)

/** The resources with these ids, in no particular order. Ids that do not exist are ignored. */
export async function findResources<Config>(
  db: Db | Tx,
  poolId: string,
  kind: ResourceKind<Config>,
  ids: readonly string[],
): Promise<readonly PoolResource<Config>[]> {
  const [first, ...others] = ids
  if (first === undefined) return []
  if (others.length === 0) {
    const only = await findResource(db, poolId, kind, first)
    return only === undefined ? [] : [only]
  }
  const rows = await db
    .selectFrom('pool_resource')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('kind', '=', kind.name)
    .where('id', 'in', ids)
    .execute()
  return rows.map((row) => fromRow<Config>(row))
}

/** The stored resource, locked until the transaction ends. */
export async function lockResource<Config>(
  tx: Tx,
  poolId: string,
  kind: ResourceKind<Config>,
  id: string,
): Promise<PoolResource<Config> | undefined> {
  const row = await tx
    .updateTable('pool_resource')
    .set((column) => ({ id: column.ref('id') }))
    .where('pool_id', '=', poolId)
    .where('kind', '=', kind.name)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Stores the resource, or replaces the one of that kind and id, which keeps its creation time. Returns the stored resource. */
export async function putResource<Config>(
  db: Db | Tx,
  poolId: string,
  kind: ResourceKind<Config>,
  resource: PoolResource<Config>,
): Promise<PoolResource<Config>> {
  const { id, createdAt, updatedAt } = resource
  const config = JSON.stringify(resource.config)
  const row = await db
    .insertInto('pool_resource')
    .values({ pool_id: poolId, kind: kind.name, id, created_at: createdAt, updated_at: updatedAt, config })
    .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'id']).doUpdateSet({ updated_at: updatedAt, config }))
    .returningAll()
    .executeTakeFirstOrThrow()
  return fromRow(row)
}

/** False when the pool has no such resource. */
export async function updateResource<Config>(
  tx: Db | Tx,
  poolId: string,
  kind: ResourceKind<Config>,
  resource: PoolResource<Config>,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('pool_resource')
    .set({ updated_at: resource.updatedAt, config: JSON.stringify(resource.config) })
    .where('pool_id', '=', poolId)
    .where('kind', '=', kind.name)
    .where('id', '=', resource.id)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** False when the pool has no such resource. */
export async function deleteResource(db: Db | Tx, poolId: string, kind: ResourceKind<unknown>, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('pool_resource')
    .where('pool_id', '=', poolId)
    .where('kind', '=', kind.name)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}

/** Resources ordered by id, beginning after the id `after`. */
export async function listResources<Config>(
  db: Db | Tx,
  poolId: string,
  kind: ResourceKind<Config>,
  page: { after: string | undefined; limit: number },
): Promise<readonly PoolResource<Config>[]> {
  let query = db
    .selectFrom('pool_resource')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('kind', '=', kind.name)
    .orderBy('id')
    .limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '>', page.after)
  return (await query.execute()).map((row) => fromRow<Config>(row))
}

/** The ids of the pool's resources of that kind, at most `limit` of them. */
export async function listResourceIds(db: Db | Tx, poolId: string, kind: ResourceKind<unknown>, limit: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('pool_resource')
    .select('id')
    .where('pool_id', '=', poolId)
    .where('kind', '=', kind.name)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** The resources whose ids begin with `prefix`, ordered by id. The prefix ends with a slash. */
export async function listResourcesUnder<Config>(
  db: Db | Tx,
  poolId: string,
  kind: ResourceKind<Config>,
  prefix: string,
): Promise<readonly PoolResource<Config>[]> {
  const rows = await db
    .selectFrom('pool_resource')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('kind', '=', kind.name)
    .where('id', '>', prefix)
    .where('id', '<', endOfPrefix(prefix))
    .orderBy('id')
    .execute()
  return rows.map((row) => fromRow<Config>(row))
}

export async function deleteResourcesUnder(tx: Tx, poolId: string, kind: ResourceKind<unknown>, prefix: string): Promise<void> {
  await tx
    .deleteFrom('pool_resource')
    .where('pool_id', '=', poolId)
    .where('kind', '=', kind.name)
    .where('id', '>', prefix)
    .where('id', '<', endOfPrefix(prefix))
    .execute()
}

/** The first text after all ids with the prefix. Ids are compared byte by byte, and `0` follows the slash. */
function endOfPrefix(prefix: string): string {
  return `${prefix.slice(0, -1)}0`
}

/** The number of the pool's resources of that kind, counted up to `limit`. */
export async function countResourcesUpTo(db: Db | Tx, poolId: string, kind: ResourceKind<unknown>, limit: number): Promise<number> {
  const some = db
    .selectFrom('pool_resource')
    .select('id')
    .where('pool_id', '=', poolId)
    .where('kind', '=', kind.name)
    .limit(limit)
    .as('some')
  const { count } = await db
    .selectFrom(some)
    .select(({ fn }) => fn.count<number | bigint | string>('id').as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

function fromRow<Config>(row: Selectable<PoolResourceTable>): PoolResource<Config> {
  return { id: row.id, createdAt: row.created_at, updatedAt: row.updated_at, config: JSON.parse(row.config) }
}
