import type { Selectable } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import { deleteExpiredRows } from '../../storage/expired-rows.ts'
import type { AuthorizationCodeTable } from '../../storage/oauth-tables.ts'
import type { AuthorizationCode, CodeDetails } from './authorization-code.ts'

/**
 * Stores a code. False when its user was disabled, signed out everywhere or deleted since the user was read. Locks the user's row until the
 * commit, so that a deletion of the user sees the code.
 */
export async function insertAuthorizationCode(db: Db | Tx, code: AuthorizationCode): Promise<boolean> {
  const row = toRow(code)
  const names = Object.keys(row) as (keyof typeof row)[]
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('authorization_code')
    .columns(names)
    .expression((eb) =>
      eb
        .selectFrom('user')
        .select(names.map((name) => eb.val(row[name]).as(name)))
        .where('pool_id', '=', code.poolId)
        .where('sub', '=', code.sub)
        .where('enabled', '=', 1)
        .where('signed_out_at', 'is not distinct from', code.details.userSignedOutAt)
        .forKeyShare(),
    )
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

export async function findAuthorizationCode(db: Db | Tx, poolId: string, id: string): Promise<AuthorizationCode | undefined> {
  const row = await db.selectFrom('authorization_code').selectAll().where('pool_id', '=', poolId).where('id', '=', id).executeTakeFirst()
  return row && fromRow(row)
}

/** Redeems a code for a session. False when another request has redeemed it first. */
export async function redeemAuthorizationCode(
  tx: Tx,
  { poolId, id }: Pick<AuthorizationCode, 'poolId' | 'id'>,
  { sessionId, now }: { readonly sessionId: string; readonly now: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('authorization_code')
    .set({ redeemed_at: now, session_id: sessionId })
    .where('pool_id', '=', poolId)
    .where('id', '=', id)
    .where('redeemed_at', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Deletes up to `limit` codes that expired before the time `before`. Returns how many it found. */
export function sweepAuthorizationCodes(db: Db | Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'authorization_code', key: ['pool_id', 'id'] }, before, limit)
}

function toRow(code: AuthorizationCode): Selectable<AuthorizationCodeTable> {
  return {
    pool_id: code.poolId,
    id: code.id,
    sub: code.sub,
    client_id: code.clientId,
    expires_at: code.expiresAt,
    details: JSON.stringify(code.details),
    redeemed_at: null,
    session_id: code.sessionId,
  }
}

function fromRow(row: Selectable<AuthorizationCodeTable>): AuthorizationCode {
  return {
    poolId: row.pool_id,
    id: row.id,
    sub: row.sub,
    clientId: row.client_id,
    expiresAt: row.expires_at,
    details: JSON.parse(row.details) as CodeDetails,
    sessionId: row.session_id,
  }
}
