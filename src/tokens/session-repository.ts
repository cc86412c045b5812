import type { Selectable } from 'kysely'
import type { Db, Tx } from '../storage/db.ts'
import { deleteExpiredRows } from '../storage/expired-rows.ts'
import { prepareLookup, prepareQuery } from '../storage/prepared-query.ts'
import type { SessionTable } from '../storage/user-tables.ts'
import type { Activity, Session } from './session.ts'

/**
 * Stores a session. False when the user was disabled, signed out or deleted after the sign-in read the user, and when the pool was deleted.
 */
export async function insertSession(db: Db | Tx, session: Session): Promise<boolean> {
  const { numAffectedRows } = await insertUnlessOvertaken(db, toRow(session))
  return numAffectedRows === 1n
}

/** Every column of a session's row. The type makes sure that a new column is added here. */
const everyColumn: Readonly<Record<keyof SessionTable, true>> = {
  pool_id: true,
  sub: true,
  id: true,
  client_id: true,
  created_at: true,
  expires_at: true,
  revoked_at: true,
  generation: true,
  rotated_at: true,
  user_signed_out_at: true,
  device_key: true,
  device_forgotten_at: true,
  last_active_at: true,
  device: true,
  ip: true,
}

const columns = Object.keys(everyColumn) as (keyof SessionTable)[]

/**
 * Inserts a session, unless its user was disabled or signed out since the sign-in read the user, or its pool was deleted. Locks the user's
 * row until the commit. So a request that deletes the user either sees the session, or has deleted the user before this statement reads the
 * row.
 */
const insertUnlessOvertaken = prepareQuery((db, row: Selectable<SessionTable>) =>
  db
    .insertInto('session')
    .columns(columns)
    .expression((eb) =>
      eb
        .selectFrom('user')
        .select(columns.map((column) => eb.val(row[column]).as(column)))
        .where('pool_id', '=', row.pool_id)
        .where('sub', '=', row.sub)
        .where('enabled', '=', 1)
        .where('signed_out_at', 'is not distinct from', row.user_signed_out_at)
        .where(({ exists, selectFrom }) => exists(selectFrom('user_pool').select('user_pool.id').where('user_pool.id', '=', row.pool_id)))
        .forKeyShare(),
    ),
)

export type SessionKey = Pick<Session, 'poolId' | 'sub' | 'id'>

export async function findSession(db: Db | Tx, key: SessionKey): Promise<Session | undefined> {
  const { rows } = await selectSession(db, key)
  return rows[0] && fromRow(rows[0])
}

const selectSession = prepareLookup((db, key: SessionKey) =>
  db.selectFrom('session').selectAll().where('pool_id', '=', key.poolId).where('sub', '=', key.sub).where('id', '=', key.id),
)

/** The user's sessions that have neither expired nor been revoked, the newest first, at most `limit`. */
export async function listSessionsOf(
  db: Db,
  { poolId, sub }: Omit<SessionKey, 'id'>,
  { now, limit }: { readonly now: number; readonly limit: number },
): Promise<readonly Session[]> {
  const rows = await db
    .selectFrom('session')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('expires_at', '>', now)
    .where('revoked_at', 'is', null)
    .orderBy('created_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(fromRow)
}

export async function revokeSession(db: Db | Tx, key: SessionKey, now: number): Promise<void> {
  await db
    .updateTable('session')
    .set({ revoked_at: now })
    .where('pool_id', '=', key.poolId)
    .where('sub', '=', key.sub)
    .where('id', '=', key.id)
    .where('revoked_at', 'is', null)
    .execute()
}

/**
 * Records a rotation of the session's refresh token. False when another request has rotated this `generation` first, or when the session
 * was revoked. `activity` is null for a session that is not tracked.
 */
export async function rotateSession(
  db: Db | Tx,
  key: SessionKey,
  generation: number,
  { now, activity }: { now: number; activity: Activity | null },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('session')
    .set({ generation: generation + 1, rotated_at: now, ...(activity && activityColumns(activity)) })
    .where('pool_id', '=', key.poolId)
    .where('sub', '=', key.sub)
    .where('id', '=', key.id)
    .where('generation', '=', generation)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Deletes up to `limit` sessions that expired before the time `before`, and returns how many it deleted. */
export function sweepSessions(db: Db | Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'session', key: ['pool_id', 'sub', 'id'] }, before, limit)
}

function toRow(session: Session): Selectable<SessionTable> {
  return {
    pool_id: session.poolId,
    sub: session.sub,
    id: session.id,
    client_id: session.clientId,
    created_at: session.createdAt,
    expires_at: session.expiresAt,
    revoked_at: session.revokedAt,
    generation: session.generation,
    rotated_at: session.rotatedAt,
    user_signed_out_at: session.userSignedOutAt,
    device_key: session.deviceKey,
    device_forgotten_at: null,
    ...activityColumns(session.activity),
  }
}

export function activityColumns(activity: Activity | null) {
  return { last_active_at: activity?.lastActiveAt ?? null, device: activity?.device ?? null, ip: activity?.ip ?? null }
}

export function fromRow(row: Selectable<SessionTable>): Session {
  return {
    poolId: row.pool_id,
    sub: row.sub,
    id: row.id,
    clientId: row.client_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    generation: row.generation,
    rotatedAt: row.rotated_at,
    userSignedOutAt: row.user_signed_out_at,
    deviceKey: row.device_key,
    activity: row.last_active_at === null ? null : { lastActiveAt: row.last_active_at, device: row.device ?? 'unknown', ip: row.ip },
  }
}
