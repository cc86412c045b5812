import type { Db, Tx } from '../../storage/db.ts'
import type { Passkey } from './passkey.ts'
import { fromRow, toRow } from './passkey-row.ts'

type PasskeyKey = Pick<Passkey, 'poolId' | 'sub' | 'id'>

/** False when the user has registered it before. */
export async function insertPasskey(tx: Tx, passkey: Passkey): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('passkey')
    .values(toRow(passkey))
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub', 'id']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** All of one user's, the oldest first. A quota keeps them few. */
export async function findPasskeys(db: Db | Tx, poolId: string, sub: string): Promise<readonly Passkey[]> {
  const rows = await db
    .selectFrom('passkey')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(fromRow)
}

/** False when it was deleted, or used by somebody else, since it was read: the counter in the WHERE clause is the lock. */
export async function recordPasskeyUse(db: Db | Tx, before: Passkey, { counter, now }: { counter: number; now: number }): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('passkey')
    .set({ counter, last_used_at: now })
    .where('pool_id', '=', before.poolId)
    .where('sub', '=', before.sub)
    .where('id', '=', before.id)
    .where('counter', '=', before.counter)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** False when the user has no such passkey. */
export async function deletePasskey(db: Db | Tx, { poolId, sub, id }: PasskeyKey): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('passkey')
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}
