import type { Selectable } from 'kysely'
import type { Db, Tx } from '../../../storage/db.ts'
import { deleteExpiredRows } from '../../../storage/expired-rows.ts'
import type { SignInLinkTable } from '../../../storage/oauth-tables.ts'
import type { LinkDetails, SignInLink } from './sign-in-link.ts'

/** Stores the link in place of the user's earlier one, which is invalid from then on. */
export async function replaceSignInLink(tx: Tx, link: SignInLink): Promise<void> {
  const columns = {
    id: link.id,
    token_hash: link.tokenHash,
    client_id: link.clientId,
    details: JSON.stringify(link.details),
    expires_at: link.expiresAt,
  }
  await tx
    .insertInto('sign_in_link')
    .values({ pool_id: link.poolId, sub: link.sub, ...columns })
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub']).doUpdateSet(columns))
    .execute()
}

export async function findSignInLink(db: Db | Tx, poolId: string, tokenHash: string): Promise<SignInLink | undefined> {
  const row = await db
    .selectFrom('sign_in_link')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Deletes the link of the user or decoy. */
export async function deleteSignInLink(tx: Tx, { poolId, sub }: Pick<SignInLink, 'poolId' | 'sub'>): Promise<void> {
  await tx.deleteFrom('sign_in_link').where('pool_id', '=', poolId).where('sub', '=', sub).execute()
}

/** Deletes up to `limit` links that expired before the time `before`. Returns how many it found. */
export function sweepSignInLinks(db: Db | Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'sign_in_link', key: ['pool_id', 'sub', 'id'] }, before, limit)
}

function fromRow(row: Selectable<SignInLinkTable>): SignInLink {
  return {
    id: row.id,
    poolId: row.pool_id,
    sub: row.sub,
    clientId: row.client_id,
    tokenHash: row.token_hash,
    expiresAt: row.expires_at,
    details: JSON.parse(row.details) as LinkDetails,
  }
}
