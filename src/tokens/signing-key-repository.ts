import type { Secrets } from '../base/secrets.ts'
import type { Db, Tx } from '../storage/db.ts'
import { ensureInstallationValue } from '../storage/installation-repository.ts'
import type { SigningKey } from './signing-key.ts'
import { fromRow, toRow } from './signing-key-row.ts'

/** The pool's keys, newest first: those that sign, and retired ones that are still published. */
export async function listSigningKeys(db: Db | Tx, secrets: Secrets, poolId: string): Promise<SigningKey[]> {
  const rows = await db
    .selectFrom('signing_key')
    .selectAll()
    .where('pool_id', '=', poolId)
    .orderBy('created_at', 'desc')
    .orderBy('kid')
    .execute()
  return rows.map((row) => fromRow(secrets, row))
}

/** When the oldest key was created that signs tokens, over all pools. Undefined when there is no key. */
export async function findOldestKeyInUse(db: Db): Promise<number | undefined> {
  const query = db.selectFrom('signing_key').select('created_at').where('retired_at', 'is', null).orderBy('created_at').limit(1)
  return (await query.executeTakeFirst())?.created_at
}

export async function insertSigningKeys(tx: Tx, secrets: Secrets, keys: readonly SigningKey[]): Promise<void> {
  await tx
    .insertInto('signing_key')
    .values(keys.map((key) => toRow(secrets, key)))
    .execute()
}

/** Stands for the id of a pool where the keys are those of all identity pools. It has not the form of a pool's id. */
export const identityPoolKeys = 'identity-pools'

/** The row of `installation` that is locked in place of a pool. */
const lockName = 'identity-pool-keys'

/** Keeps every other process from changing the pool's keys until the transaction ends. False when the pool was deleted. */
export async function lockPoolKeys(tx: Tx, poolId: string): Promise<boolean> {
  if (poolId === identityPoolKeys) {
    await ensureInstallationValue(tx, lockName, '')
    await tx.updateTable('installation').set({ value: '' }).where('name', '=', lockName).execute()
    return true
  }
  const { numUpdatedRows } = await tx.updateTable('user_pool').set({ id: poolId }).where('id', '=', poolId).executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

export async function retireSigningKeys(tx: Tx, poolId: string, now: number): Promise<void> {
  await tx.updateTable('signing_key').set({ retired_at: now }).where('pool_id', '=', poolId).where('retired_at', 'is', null).execute()
}

export async function deleteSigningKeys(tx: Tx, poolId: string): Promise<void> {
  await tx.deleteFrom('signing_key').where('pool_id', '=', poolId).execute()
}

/** Deletes up to `limit` keys that were retired before the time `before`, and returns how many it deleted. */
export async function sweepRetiredKeys(db: Db | Tx, before: number, limit: number): Promise<number> {
  const old = await db
    .selectFrom('signing_key')
    .select(['pool_id', 'kid'])
    .where('retired_at', '<', before)
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  for (const { pool_id, kid } of old) {
    await db.deleteFrom('signing_key').where('pool_id', '=', pool_id).where('kid', '=', kid).where('retired_at', '<', before).execute()
  }
  return old.length
}
