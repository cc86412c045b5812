import type { AuditedCall } from '../audit/audited-caller.ts'
import { changedMembers } from '../audit/changed-members.ts'
import type { Clock } from '../base/clock.ts'
import type { Db, Tx } from '../storage/db.ts'
import type { IdentityPool } from './identity-pool.ts'
import { findIdentityPool, lockIdentityPool, updateIdentityPool } from './identity-pool-repository.ts'
import { identityPoolNotFound } from './identity-pool-rules.ts'

type Deps = { readonly db: Db; readonly clock: Clock; readonly audit: AuditedCall }

/**
 * Applies `change` to the stored pool while it is locked. When `change` throws, the pool stays as it is. Returns the changed pool. `write`
 * returns, in wire form, all settings that `change` may change: the audit record names the settings that differ.
 * @throws ApiError ResourceNotFoundException when the pool does not exist
 */
export function changeIdentityPool(
  { db, clock, audit }: Deps,
  poolId: string,
  write: (pool: IdentityPool) => object,
  change: (pool: IdentityPool) => IdentityPool,
): Promise<IdentityPool> {
  return db.transaction().execute(async (tx) => {
    const before = await getLockedIdentityPool(tx, poolId)
    const after = { ...change(before), updatedAt: clock.now() }
    await updateIdentityPool(tx, after)
    await audit.record(tx, { poolId, changedMembers: changedMembers(write(before), write(after)) })
    return after
  })
}

/**
 * The stored pool, locked: no other transaction changes or deletes it before this one ends.
 * @throws ApiError ResourceNotFoundException when the pool does not exist
 */
export async function getLockedIdentityPool(tx: Tx, poolId: string): Promise<IdentityPool> {
  const pool = await lockIdentityPool(tx, poolId)
  if (pool === undefined) throw identityPoolNotFound(poolId)
  return pool
}

/** @throws ApiError ResourceNotFoundException when the pool does not exist */
export async function getIdentityPool(db: Db | Tx, poolId: string): Promise<IdentityPool> {
  const pool = await findIdentityPool(db, poolId)
  if (pool === undefined) throw identityPoolNotFound(poolId)
  return pool
}
