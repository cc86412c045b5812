import type { Selectable } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import { deleteExpiredRows } from '../../storage/expired-rows.ts'
import type { DeviceAuthorizationTable } from '../../storage/oauth-tables.ts'
import type { Approval, DeviceAuthorization, DeviceRequestDetails } from './device-authorization.ts'

type Key = Pick<DeviceAuthorization, 'poolId' | 'id'>

/** Stores what a device asks for. False when its user code is in use. */
export async function insertDeviceAuthorization(db: Db | Tx, authorization: DeviceAuthorization): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('device_authorization')
    .values(toRow(authorization))
    .onConflict((conflict) => conflict.columns(['pool_id', 'id']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Finds what has one of these ids. */
export async function findDeviceAuthorization(
  db: Db | Tx,
  { poolId, ids }: { readonly poolId: string; readonly ids: readonly string[] },
): Promise<DeviceAuthorization | undefined> {
  const row = await db
    .selectFrom('device_authorization')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('id', 'in', ids)
    .executeTakeFirst()
  return row && fromRow(row)
}

export async function findDeviceAuthorizationByCode(
  db: Db | Tx,
  { poolId, deviceCodeHash }: Pick<DeviceAuthorization, 'poolId' | 'deviceCodeHash'>,
): Promise<DeviceAuthorization | undefined> {
  const row = await db
    .selectFrom('device_authorization')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('device_code_hash', '=', deviceCodeHash)
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Notes a poll. False when another poll was noted since `before` was read. */
export async function recordPoll(
  db: Db | Tx,
  before: Key & Pick<DeviceAuthorization, 'polledAt'>,
  { polledAt, intervalSeconds }: { readonly polledAt: number; readonly intervalSeconds: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('device_authorization')
    .set({ polled_at: polledAt, interval_seconds: intervalSeconds })
    .where('pool_id', '=', before.poolId)
    .where('id', '=', before.id)
    .where('polled_at', 'is not distinct from', before.polledAt)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Stores the decision of a user: an approval, or null for a denial. False when a decision was made before, or the time is over. */
export async function decideDeviceAuthorization(
  tx: Tx,
  { poolId, id }: Key,
  { approval, now }: { readonly approval: Approval | null; readonly now: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('device_authorization')
    .set({ decision: approval === null ? 'denied' : 'approved', ...approvalColumns(approval) })
    .where('pool_id', '=', poolId)
    .where('id', '=', id)
    .where('decision', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Redeems the approval for a session. False when another request has redeemed it first. */
export async function redeemDeviceAuthorization(tx: Tx, { poolId, id }: Key, sessionId: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('device_authorization')
    .set({ session_id: sessionId })
    .where('pool_id', '=', poolId)
    .where('id', '=', id)
    .where('decision', '=', 'approved')
    .where('session_id', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Deletes up to `limit` rows that expired before the time `before`. Returns how many it found. */
export function sweepDeviceAuthorizations(db: Db | Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'device_authorization', key: ['pool_id', 'id'] }, before, limit)
}

function approvalColumns(approval: Approval | null): Pick<Selectable<DeviceAuthorizationTable>, 'sub' | 'approval'> {
  if (approval === null) return { sub: null, approval: null }
  const { sub, ...rest } = approval
  return { sub, approval: JSON.stringify(rest) }
}

function toRow(authorization: DeviceAuthorization): Selectable<DeviceAuthorizationTable> {
  return {
    pool_id: authorization.poolId,
    id: authorization.id,
    device_code_hash: authorization.deviceCodeHash,
    client_id: authorization.clientId,
    details: JSON.stringify(authorization.details),
    expires_at: authorization.expiresAt,
    interval_seconds: authorization.intervalSeconds,
    polled_at: authorization.polledAt,
    decision: authorization.decision,
    ...approvalColumns(authorization.approval),
    session_id: authorization.sessionId,
  }
}

function fromRow(row: Selectable<DeviceAuthorizationTable>): DeviceAuthorization {
  return {
    poolId: row.pool_id,
    id: row.id,
    deviceCodeHash: row.device_code_hash,
    clientId: row.client_id,
    expiresAt: row.expires_at,
    details: JSON.parse(row.details) as DeviceRequestDetails,
    intervalSeconds: row.interval_seconds,
    polledAt: row.polled_at,
    decision: row.decision as DeviceAuthorization['decision'],
    approval: row.sub === null || row.approval === null ? null : { sub: row.sub, ...(JSON.parse(row.approval) as Omit<Approval, 'sub'>) },
    sessionId: row.session_id,
  }
}
