import type { AuditedCall } from '../audit/audited-caller.ts'
import { changedMembers } from '../audit/changed-members.ts'
import type { Db, Tx } from '../storage/db.ts'
import type { Pool } from './pool.ts'
import { type PoolCatalog, poolNotFound } from './pool-catalog.ts'
import { lockPool, updatePool } from './pool-repository.ts'
import { requireNoSchemaChange } from './schema-changes/schema-change-repository.ts'

type Deps = { readonly db: Db; readonly pools: PoolCatalog; readonly audit: AuditedCall }

/**
 * Applies `change` to the stored pool while it is locked, and invalidates the pool catalogs of all processes. When `change` throws, the
 * pool stays as it is. Returns the changed pool. `write` returns, in wire form, all settings that `change` may change. It is called before
 * and after the change: the audit record names the settings that differ.
 * @throws ApiError ResourceNotFoundException when the pool does not exist
 */
export async function changePool(
  { db, pools, audit }: Deps,
  poolId: string,
  write: (pool: Pool) => object,
  change: (pool: Pool, tx: Tx) => Pool | Promise<Pool>,
): Promise<Pool> {
  const changed = await db.transaction().execute(async (tx) => {
    const before = await requireLockedPool(tx, poolId)
    const after = await change(before, tx)
    if (after.schema.length !== before.schema.length) await requireNoSchemaChange(tx, poolId)
    await updatePool(tx, after)
    await audit.record(tx, { poolId, changedMembers: changedMembers(write(before), write(after)) })
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
