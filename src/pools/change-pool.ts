import type { Db, Tx } from '../storage/db.ts'
import type { Pool } from './pool.ts'
import { type PoolCatalog, poolNotFound } from './pool-catalog.ts'
import { lockPool, updatePool } from './pool-repository.ts'

/**
 * Applies `change` to the stored pool while it is locked, and invalidates the catalogs of all processes. When `change` throws, the pool
 * stays as it is. Returns the changed pool.
 * @throws ApiError ResourceNotFoundException when the pool does not exist
 */
export async function changePool(
  db: Db,
  pools: PoolCatalog,
  poolId: string,
  change: (pool: Pool, tx: Tx) => Pool | Promise<Pool>,
): Promise<Pool> {
  const changed = await db.transaction().execute(async (tx) => {
    const after = await change(await requireLockedPool(tx, poolId), tx)
    await updatePool(tx, after)
    return after
  })
  await pools.invalidate(poolId)
  return changed
}

/**
 * The stored pool, locked: no other transaction changes or deletes it before this one ends.
 * @throws ApiError ResourceNotFoundException when the pool does not exist
 */
export async function requireLockedPool(tx: Tx, poolId: string): Promise<Pool> {
  const pool = await lockPool(tx, poolId)
  if (pool === undefined) throw poolNotFound(poolId)
  return pool
}
