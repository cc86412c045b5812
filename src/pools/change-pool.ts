import type { Db } from '../storage/db.ts'
import type { Pool } from './pool.ts'
import { type PoolCatalog, poolNotFound } from './pool-catalog.ts'
import { lockPool, updatePool } from './pool-repository.ts'

/** Applies `change` to the pool as it is now, one change at a time, and spreads the news. What `change` throws leaves the pool alone. */
export async function changePool(db: Db, pools: PoolCatalog, poolId: string, change: (pool: Pool) => Pool): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const pool = await lockPool(tx, poolId)
    if (pool === undefined) throw poolNotFound(poolId)
    await updatePool(tx, change(pool))
  })
  await pools.changed(poolId)
}
