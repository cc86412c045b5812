import type { Db, Tx } from '../../../storage/db.ts'
import { deleteExpiredRows } from '../../../storage/expired-rows.ts'
import type { InitialAccessToken } from './initial-access-token.ts'

type Key = Pick<InitialAccessToken, 'poolId' | 'id'>
type Presented = Key & Pick<InitialAccessToken, 'tokenHash'>

export async function insertInitialAccessToken(tx: Tx, token: InitialAccessToken): Promise<void> {
  await tx
    .insertInto('initial_access_token')
    .values({
      pool_id: token.poolId,
      id: token.id,
      token_hash: token.tokenHash,
      description: token.description,
      remaining_uses: token.remainingUses,
      created_at: token.createdAt,
      expires_at: token.expiresAt,
    })
    .execute()
}

export async function isInitialAccessTokenUsable(db: Db, { poolId, id, tokenHash }: Presented, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('initial_access_token')
    .select('id')
    .where('pool_id', '=', poolId)
    .where('id', '=', id)
    .where('token_hash', '=', tokenHash)
    .where('remaining_uses', '>', 0)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row !== undefined
}

/** Uses the token once. False when it has no use left or is expired: the condition holds for as many statements as there are uses. */
export async function consumeInitialAccessToken(tx: Tx, { poolId, id, tokenHash }: Presented, now: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('initial_access_token')
    .set((column) => ({ remaining_uses: column('remaining_uses', '-', 1) }))
    .where('pool_id', '=', poolId)
    .where('id', '=', id)
    .where('token_hash', '=', tokenHash)
    .where('remaining_uses', '>', 0)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** The tokens of the pool in the order of their creation, beginning after the id `after`. */
export async function listInitialAccessTokens(
  db: Db | Tx,
  poolId: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly InitialAccessToken[]> {
  let query = db.selectFrom('initial_access_token').selectAll().where('pool_id', '=', poolId).orderBy('id').limit(limit)
  if (after !== undefined) query = query.where('id', '>', after)
  return (await query.execute()).map((row) => ({
    poolId: row.pool_id,
    id: row.id,
    tokenHash: row.token_hash,
    description: row.description,
    remainingUses: row.remaining_uses,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }))
}

/** The number of tokens of the pool, counted up to `limit`. */
export async function countInitialAccessTokensUpTo(tx: Tx, poolId: string, limit: number): Promise<number> {
  return (await tx.selectFrom('initial_access_token').select('id').where('pool_id', '=', poolId).limit(limit).execute()).length
}

/** False when the pool has no such token. */
export async function deleteInitialAccessToken(tx: Db | Tx, { poolId, id }: Key): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('initial_access_token')
    .where('pool_id', '=', poolId)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}

/** Deletes up to `limit` tokens that expired before the time `before`. Returns how many it found. */
export function sweepInitialAccessTokens(db: Db | Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'initial_access_token', key: ['pool_id', 'id'] }, before, limit)
}
