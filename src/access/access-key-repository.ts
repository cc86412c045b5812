import type { Secrets } from '../base/secrets.ts'
import type { Db, Tx } from '../storage/db.ts'
import { type AccessKey, type AccessKeyMetadata, isAccessKeyId, type NewAccessKey } from './access-key.ts'
import { fromRow, metadataFromRow, toRow } from './access-key-row.ts'

/** Stores the secret sealed, and bound to the id of the key. */
export async function insertAccessKey(db: Db | Tx, secrets: Secrets, key: NewAccessKey): Promise<void> {
  await db.insertInto('access_key').values(toRow(secrets, key)).execute()
}

/** Finds expired keys as well, so that the caller can learn that the key has expired. */
export async function findAccessKey(db: Db | Tx, secrets: Secrets, id: string): Promise<AccessKey | undefined> {
  // The id is unverified input. Do not query the database for a text that cannot be an id.
  if (!isAccessKeyId(id)) return undefined
  const row = await db.selectFrom('access_key').selectAll().where('id', '=', id).executeTakeFirst()
  return row && fromRow(secrets, row)
}

/** All keys, oldest first. */
export async function listAccessKeys(db: Db | Tx): Promise<readonly AccessKeyMetadata[]> {
  const rows = await db
    .selectFrom('access_key')
    .select(['id', 'description', 'policy', 'created_at', 'expires_at'])
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(metadataFromRow)
}

/** When the oldest access key was created that does not expire. Undefined when there is no such key. */
export async function findOldestLastingKey(db: Db): Promise<number | undefined> {
  const query = db.selectFrom('access_key').select('created_at').where('expires_at', 'is', null).orderBy('created_at').limit(1)
  return (await query.executeTakeFirst())?.created_at
}

/** False when there was no such key. After the commit, publish the id on the channel `accessKeyDeleted` (see access-key-cache.ts). */
export async function deleteAccessKey(db: Db | Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('access_key').where('id', '=', id).executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}

/**
 * Deletes up to `limit` temporary access keys that expired before the time `before`. Returns how many such keys it found. When it found
 * `limit` of them, more may be left.
 */
export async function sweepAccessKeys(db: Db | Tx, before: number, limit: number): Promise<number> {
  const expired = await db.selectFrom('access_key').select('id').where('expires_at', '<', before).limit(limit).execute()
  for (const { id } of expired) await db.deleteFrom('access_key').where('id', '=', id).where('expires_at', '<', before).execute()
  return expired.length
}
