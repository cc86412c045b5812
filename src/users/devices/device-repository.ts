import type { Selectable } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import type { DeviceTable } from '../../storage/user-tables.ts'
import { lockUser } from '../user-repository.ts'
import type { Device } from './device.ts'

type Key = Pick<Device, 'poolId' | 'sub' | 'key'>

/**
 * False when the user has confirmed it before, or the session is over or its device was forgotten meanwhile. The caller has locked
 * the user.
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

export async function findDevice(db: Db | Tx, { poolId, sub, key }: Key): Promise<Device | undefined> {
  const row = await db
    .selectFrom('device')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('device_key', '=', key)
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Up to `limit` of the user's devices after the key `after`, in the order of their keys. */
export async function listDevicesOf(db: Db, poolId: string, sub: string, after: string, limit: number): Promise<readonly Device[]> {
  const rows = await db
    .selectFrom('device')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('device_key', '>', after)
    .orderBy('device_key')
    .limit(limit)
    .execute()
  return rows.map(fromRow)
}

/** False when the user has no such device. */
export async function updateDeviceMemory(db: Db | Tx, { poolId, sub, key }: Key, remembered: boolean, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('device')
    .set({ remembered: remembered ? 1 : 0, updated_at: now })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('device_key', '=', key)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Notes that a sign-in, whose session is stored, came through on the device, or that the session's device has been forgotten meanwhile. */
export async function recordDeviceUse(db: Db | Tx, device: Key, { ip, now }: { ip: string | null; now: number }): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('device')
    .set({ last_ip: ip, last_authenticated_at: now })
    .where('pool_id', '=', device.poolId)
    .where('sub', '=', device.sub)
    .where('device_key', '=', device.key)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) await noteForgotten(db, device, now)
}

/**
 * False when the user has no such device. The sessions that were begun on it are noted as well: their tokens, in the hands of a thief of
 * the device, must not confirm the key once more.
 * @NOTE The user is locked first: a confirmation under way would otherwise bring the device back.
 */
export async function deleteDevice(tx: Tx, device: Key, now: number): Promise<boolean> {
  await lockUser(tx, device.poolId, device.sub)
  const { numDeletedRows } = await tx
    .deleteFrom('device')
    .where('pool_id', '=', device.poolId)
    .where('sub', '=', device.sub)
    .where('device_key', '=', device.key)
    .executeTakeFirstOrThrow()
  await noteForgotten(tx, device, now)
  return numDeletedRows === 1n
}

async function noteForgotten(db: Db | Tx, { poolId, sub, key }: Key, now: number): Promise<void> {
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
