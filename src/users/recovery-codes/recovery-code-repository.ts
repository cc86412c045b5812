import { type SqlBool, sql } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import type { RecoveryCodeSet, UserKey } from './recovery-codes.ts'

export async function findRecoveryCodeSet(db: Db | Tx, { poolId, sub }: UserKey): Promise<RecoveryCodeSet | undefined> {
  const row = await db
    .selectFrom('recovery_code_set')
    .select(['hash_key', 'hashes', 'created_at'])
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .executeTakeFirst()
  return row && { hashKey: row.hash_key, hashes: listOf(row.hashes), createdAt: row.created_at }
}

/** Stores new codes in place of all earlier ones. */
export async function putRecoveryCodeSet(tx: Tx, { poolId, sub }: UserKey, set: RecoveryCodeSet): Promise<void> {
  const columns = { hash_key: set.hashKey, hashes: set.hashes.map(entryOf).join(''), created_at: set.createdAt }
  await tx
    .insertInto('recovery_code_set')
    .values({ pool_id: poolId, sub, ...columns })
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub']).doUpdateSet(columns))
    .execute()
}

/**
 * Takes the code with this hash out of the set, and returns how many are left. Undefined when the set does not have it any more: so of any
 * number of requests with the same code only one succeeds.
 */
export async function consumeRecoveryCode(tx: Tx, { poolId, sub }: UserKey, hash: string): Promise<number | undefined> {
  const others = sql<string>`replace(hashes, ${entryOf(hash)}, '')`
  const row = await tx
    .updateTable('recovery_code_set')
    .set({ hashes: others })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where(sql<SqlBool>`${others} <> hashes`)
    .returning('hashes')
    .executeTakeFirst()
  return row && listOf(row.hashes).length
}

/** False when the user had none. */
export async function deleteRecoveryCodeSet(tx: Tx, { poolId, sub }: UserKey): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('recovery_code_set')
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}

/** Deletes the codes if they were made at or after `since`. */
export async function deleteRecoveryCodeSetSince(tx: Tx, { poolId, sub }: UserKey, since: number): Promise<void> {
  await tx.deleteFrom('recovery_code_set').where('pool_id', '=', poolId).where('sub', '=', sub).where('created_at', '>=', since).execute()
}

/** The hashes have no spaces and are equally long. So an entry, with its space, is found only where a hash begins. */
const entryOf = (hash: string): string => `${hash} `

const listOf = (hashes: string): readonly string[] => hashes.split(' ').filter(Boolean)
