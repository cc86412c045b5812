import type { Db, Tx } from '../../storage/db.ts'
import { deleteExpiredRows } from '../../storage/expired-rows.ts'

/** An authorization request that a client sent directly (RFC 9126). */
export type PushedRequest = {
  readonly poolId: string
  /** A hash of the request URI. */
  readonly id: string
  readonly clientId: string
  /** The parameters, form-encoded. */
  readonly form: string
  /** When a browser brought the request URI for the first time; null until then. */
  readonly openedAt: number | null
  readonly expiresAt: number
}

type Key = Pick<PushedRequest, 'poolId' | 'id'>

export async function insertPushedRequest(db: Db | Tx, request: PushedRequest): Promise<void> {
  const { poolId, id, clientId, form, openedAt, expiresAt } = request
  await db
    .insertInto('pushed_request')
    .values({ pool_id: poolId, id, client_id: clientId, form, opened_at: openedAt, expires_at: expiresAt })
    .execute()
}

export async function findPushedRequest(db: Db | Tx, { poolId, id }: Key): Promise<PushedRequest | undefined> {
  const row = await db.selectFrom('pushed_request').selectAll().where('pool_id', '=', poolId).where('id', '=', id).executeTakeFirst()
  return row && { poolId, id, clientId: row.client_id, form: row.form, openedAt: row.opened_at, expiresAt: row.expires_at }
}

/** Notes that a browser brought the request URI. From then on the request lasts until `expiresAt`. */
export async function openPushedRequest(
  db: Db | Tx,
  { poolId, id }: Key,
  { openedAt, expiresAt }: { readonly openedAt: number; readonly expiresAt: number },
): Promise<void> {
  await db
    .updateTable('pushed_request')
    .set({ opened_at: openedAt, expires_at: expiresAt })
    .where('pool_id', '=', poolId)
    .where('id', '=', id)
    .where('opened_at', 'is', null)
    .execute()
}

/** Uses the request up. False when it was used up before. */
export async function deletePushedRequest(db: Db | Tx, { poolId, id }: Key): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('pushed_request')
    .where('pool_id', '=', poolId)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}

/** Deletes up to `limit` requests that expired before the time `before`. Returns how many it found. */
export function sweepPushedRequests(db: Db | Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'pushed_request', key: ['pool_id', 'id'] }, before, limit)
}
