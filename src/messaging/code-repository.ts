import { dayMs } from '../base/durations.ts'
import type { Db, Tx } from '../storage/db.ts'
import { deleteExpiredRows } from '../storage/expired-rows.ts'

export type CodeKey = { readonly poolId: string; readonly sub: string; readonly purpose: string }

/** A code that was issued and not yet used: its hash, not the code itself. */
export type StoredCode = {
  readonly hash: string
  readonly attribute: string | undefined
  readonly value: string | undefined
  readonly createdAt: number
  readonly expiresAt: number
}

/** Replaces the outstanding code of the same purpose, which is invalid from then on. */
export async function replaceCode(tx: Tx, key: CodeKey, code: StoredCode): Promise<void> {
  const columns = {
    code_hash: code.hash,
    attribute: code.attribute ?? null,
    value: code.value ?? null,
    created_at: code.createdAt,
    expires_at: code.expiresAt,
  }
  await tx
    .insertInto('code')
    .values({ pool_id: key.poolId, sub: key.sub, purpose: key.purpose, ...columns })
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub', 'purpose']).doUpdateSet(columns))
    .execute()
}

export async function findCode(db: Db | Tx, key: CodeKey): Promise<StoredCode | undefined> {
  const row = await db
    .selectFrom('code')
    .select(['code_hash', 'attribute', 'value', 'created_at', 'expires_at'])
    .where('pool_id', '=', key.poolId)
    .where('sub', '=', key.sub)
    .where('purpose', '=', key.purpose)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    hash: row.code_hash,
    attribute: row.attribute ?? undefined,
    value: row.value ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

/**
 * Deletes the outstanding code that has this hash. False when that code was used or replaced in the meantime: the hash in the WHERE clause
 * is the lock.
 */
export async function deleteCode(tx: Tx, key: CodeKey, hash: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('code')
    .where('pool_id', '=', key.poolId)
    .where('sub', '=', key.sub)
    .where('purpose', '=', key.purpose)
    .where('code_hash', '=', hash)
    .executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}

/** Deletes an outstanding code, such as one for an address that has been replaced or removed. */
export async function discardCode(tx: Tx, key: CodeKey): Promise<void> {
  await tx.deleteFrom('code').where('pool_id', '=', key.poolId).where('sub', '=', key.sub).where('purpose', '=', key.purpose).execute()
}

/** How long an expired code is kept, so that a right code that comes too late can be told from a wrong one. */
export const keptAfterExpiryMs = 7 * dayMs

/** Deletes up to `limit` codes that expired before the time `before`. Resolves with their number. */
export function sweepCodes(db: Db | Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'code', key: ['pool_id', 'sub', 'purpose', 'code_hash'] }, before, limit)
}
