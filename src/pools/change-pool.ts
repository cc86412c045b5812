import type { Db, Tx } from '../storage/db.ts'
import type { Pool } from './pool.ts'
import { type PoolCatalog, poolNotFound } from './pool-catalog.ts'
import { lockPool, updatePool } from './pool-repository.ts'

/**
 * Applies `change` to the pool as it is now, one change at a time, spreads the news and answers the changed pool. What `change` throws
 * leaves the pool alone.
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

/** The pool as it is now, which nobody changes or deletes before the transaction ends. Throws ResourceNotFoundException. */
export async function requireLockedPool(tx: Tx, poolId: string): Promise<Pool> {
  const pool = await lockPool(tx, poolId)
  if (pool === undefined) throw poolNotFound(poolId)
  return pool
}
