import type { Selectable } from 'kysely'
import { chunksOf } from '../../base/chunks.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { DeviceTable } from '../../storage/user-tables.ts'
import type { User } from '../user.ts'
import { lockUser } from '../user-repository.ts'
import type { Device } from './device.ts'

export type DeviceKey = Pick<Device, 'poolId' | 'sub' | 'key'>

/**
 * Stores a device that the user confirms. False when the user has confirmed the device already. False also when the session cannot confirm
 * the device: the session was revoked, it has another device key, or the user forgot its device meanwhile.
 * @NOTE The caller has locked the user.
 */
export async function insertDevice(tx: Tx, device: Device, sessionId: string): Promise<boolean> {
  const row = toRow(device)
  const columns = Object.keys(row) as (keyof DeviceTable)[]
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('device')
    .columns(columns)
    .expression((eb) =>
      eb
        .selectFrom('session')
        .select(columns.map((column) => eb.val(row[column]).as(column)))
        .where('pool_id', '=', row.pool_id)
        .where('sub', '=', row.sub)
        .where('id', '=', sessionId)
        .where('device_key', '=', row.device_key)
        .where('device_forgotten_at', 'is', null)
        .where('revoked_at', 'is', null),
    )
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub', 'device_key']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/**
 * Stores a device that a browser keeps. False when the user was disabled, deleted or signed out everywhere since `user` was read. Locks the
 * user's row until the commit, so that a deletion of the user sees the device.
 */
export async function insertDeviceOfUser(db: Db | Tx, device: Device, user: Pick<User, 'signedOutAt'>): Promise<boolean> {
  const row = toRow(device)
  const columns = Object.keys(row) as (keyof DeviceTable)[]
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('device')
    .columns(columns)
    .expression((eb) =>
      eb
        .selectFrom('user')
        .select(columns.map((column) => eb.val(row[column]).as(column)))
        .where('pool_id', '=', device.poolId)
        .where('sub', '=', device.sub)
        .where('enabled', '=', 1)
        .where('signed_out_at', 'is not distinct from', user.signedOutAt)
        .forKeyShare(),
    )
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Stores the devices of users who have just been created. */
export async function insertDevices(tx: Tx, devices: readonly Device[]): Promise<void> {
  for (const some of chunksOf(devices, rowsPerInsert)) await tx.insertInto('device').values(some.map(toRow)).execute()
}

/** A statement has a limited number of parameters. */
const rowsPerInsert = 500

export async function findDevice(db: Db | Tx, { poolId, sub, key }: DeviceKey): Promise<Device | undefined> {
  const row = await db
    .selectFrom('device')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('device_key', '=', key)
    .executeTakeFirst()
  return row && fromRow(row)
}

/** The `sub` of the user who has the device. No two users have the same key: the server makes the keys, and they are random. */
export async function findOwnerOfDevice(db: Db, poolId: string, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('device').select('sub').where('pool_id', '=', poolId).where('device_key', '=', key).executeTakeFirst()
  return row?.sub
}

/** The user's devices in the order of their keys, from the first one after the key `after`. */
export async function listDevicesOf(
  db: Db,
  { poolId, sub }: Pick<Device, 'poolId' | 'sub'>,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<readonly Device[]> {
  const rows = await db
    .selectFrom('device')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('device_key', '>', after ?? '')
    .orderBy('device_key')
    .limit(limit)
    .execute()
  return rows.map(fromRow)
}

/** Of each of these users, the `limit` devices that were used last, the latest first. A user can have any number of devices. */
export async function listLatestDevicesOfUsers(
  db: Db | Tx,
  poolId: string,
  subs: readonly string[],
  limit: number,
): Promise<readonly Device[]> {
  if (subs.length === 0) return []
  const ranked = db
    .selectFrom('device')
    .selectAll()
    .select(({ fn }) =>
      fn
        .agg<number | string>('row_number')
        .over((over) => over.partitionBy('sub').orderBy('last_authenticated_at', 'desc').orderBy('device_key'))
        .as('rank'),
    )
    .where('pool_id', '=', poolId)
    .where('sub', 'in', subs)
  const rows = await db.selectFrom(ranked.as('ranked')).selectAll().where('rank', '<=', limit).orderBy('sub').orderBy('rank').execute()
  return rows.map(fromRow)
}

/** False when the user has no such device. */
export async function setDeviceRemembered(
  db: Db | Tx,
  { poolId, sub, key }: DeviceKey,
  { remembered, now }: { remembered: boolean; now: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('device')
    .set({ remembered: remembered ? 1 : 0, updated_at: now })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('device_key', '=', key)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/**
 * Records that a sign-in on the device succeeded. The session of that sign-in is stored already. If the user forgot the device meanwhile,
 * marks the sessions of the device instead, so that these sessions cannot confirm the device's key again.
 */
export async function recordDeviceUse(db: Db | Tx, device: DeviceKey, { ip, now }: { ip: string | null; now: number }): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('device')
    .set({ last_ip: ip, last_authenticated_at: now })
    .where('pool_id', '=', device.poolId)
    .where('sub', '=', device.sub)
    .where('device_key', '=', device.key)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) await markSessionsOfDevice(db, device, now)
}

/**
 * Deletes a device. False when the user has no such device. Marks the sessions that began on the device as well: a thief of the device who
 * has tokens of these sessions must not be able to confirm the device's key once more.
 * @NOTE The user is locked first: otherwise a concurrent ConfirmDevice could bring the device back.
 */
export async function deleteDevice(tx: Tx, device: DeviceKey, now: number): Promise<boolean> {
  await lockUser(tx, device.poolId, device.sub)
  const { numDeletedRows } = await tx
    .deleteFrom('device')
    .where('pool_id', '=', device.poolId)
    .where('sub', '=', device.sub)
    .where('device_key', '=', device.key)
    .executeTakeFirstOrThrow()
  await markSessionsOfDevice(tx, device, now)
  return numDeletedRows === 1n
}

async function markSessionsOfDevice(db: Db | Tx, { poolId, sub, key }: DeviceKey, now: number): Promise<void> {
  await db
    .updateTable('session')
    .set({ device_forgotten_at: now })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('device_key', '=', key)
    .execute()
}

function toRow(device: Device): Selectable<DeviceTable> {
  return {
    pool_id: device.poolId,
    sub: device.sub,
    device_key: device.key,
    name: device.name,
    verifier: device.verifier,
    remembered: device.remembered ? 1 : 0,
    last_ip: device.lastIp,
    created_at: device.createdAt,
    updated_at: device.updatedAt,
    last_authenticated_at: device.lastAuthenticatedAt,
  }
}

function fromRow(row: Selectable<DeviceTable>): Device {
  return {
    poolId: row.pool_id,
    sub: row.sub,
    key: row.device_key,
    name: row.name,
    verifier: row.verifier,
    remembered: row.remembered === 1,
    lastIp: row.last_ip,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastAuthenticatedAt: row.last_authenticated_at,
  }
}
