import type { Selectable } from 'kysely'
import { chunksOf } from '../../base/chunks.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { PasskeyTable } from '../../storage/user-tables.ts'
import type { Passkey } from './passkey.ts'

type PasskeyKey = Pick<Passkey, 'poolId' | 'sub' | 'id'>

/** False when the user has registered this passkey already. */
export async function insertPasskey(tx: Tx, passkey: Passkey): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('passkey')
    .values(toRow(passkey))
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub', 'id']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Stores the passkeys of users who have just been created. */
export async function insertPasskeys(tx: Tx, passkeys: readonly Passkey[]): Promise<void> {
  for (const some of chunksOf(passkeys, rowsPerInsert)) await tx.insertInto('passkey').values(some.map(toRow)).execute()
}

/** A statement has a limited number of parameters. */
const rowsPerInsert = 500

/** All passkeys of the user, the oldest first. A quota limits their number. */
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

/** The passkeys of several users, of each user the oldest first. A quota limits their number. */
export async function listPasskeysOfUsers(db: Db | Tx, poolId: string, subs: readonly string[]): Promise<readonly Passkey[]> {
  if (subs.length === 0) return []
  const rows = await db
    .selectFrom('passkey')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('sub', 'in', subs)
    .orderBy('sub')
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(fromRow)
}

/**
 * Records a use of a passkey. False when the passkey was deleted since it was read as `before`, or its counter has changed: the counter in
 * the WHERE clause is the lock. An authenticator that does not count leaves the counter at 0: then this lock stops no concurrent use.
 */
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

/** False when the user has no such passkey. */
export async function renamePasskey(tx: Tx, { poolId, sub, id }: PasskeyKey, name: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('passkey')
    .set({ name })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Deletes the passkeys that the user registered at the time `since`, in epoch milliseconds, or later. */
export async function deletePasskeysSince(tx: Tx, { poolId, sub }: Omit<PasskeyKey, 'id'>, since: number): Promise<void> {
  await tx.deleteFrom('passkey').where('pool_id', '=', poolId).where('sub', '=', sub).where('created_at', '>=', since).execute()
}

function toRow(passkey: Passkey): Selectable<PasskeyTable> {
  return {
    pool_id: passkey.poolId,
    sub: passkey.sub,
    id: passkey.id,
    public_key: passkey.publicKey.toString('base64url'),
    counter: passkey.counter,
    relying_party_id: passkey.relyingPartyId,
    transports: JSON.stringify(passkey.transports),
    attachment: passkey.attachment ?? null,
    name: passkey.name,
    created_at: passkey.createdAt,
    last_used_at: passkey.lastUsedAt,
  }
}

function fromRow(row: Selectable<PasskeyTable>): Passkey {
  return {
    poolId: row.pool_id,
    sub: row.sub,
    id: row.id,
    publicKey: Buffer.from(row.public_key, 'base64url'),
    counter: row.counter,
    relyingPartyId: row.relying_party_id,
    transports: JSON.parse(row.transports) as string[],
    attachment: row.attachment ?? undefined,
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }
}
