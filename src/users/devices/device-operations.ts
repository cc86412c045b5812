import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { DeviceRememberedStatusType, DeviceType } from '../../contract/generated/types.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { User } from '../user.ts'
import { type Device, deviceNotFound } from './device.ts'
import { type DeviceKey, deleteDevice, findDevice, listDevicesOf, setDeviceRemembered } from './device-repository.ts'

// The operations on devices. Each function serves two of them: the user's own and the administrator's.

type Deps = { readonly db: Db; readonly clock: Clock }

/** @throws ApiError ResourceNotFoundException when the user has no such device. */
export async function describeDevice(db: Db, key: DeviceKey): Promise<{ Device: DeviceType }> {
  const device = await findDevice(db, key)
  if (device === undefined) throw deviceNotFound()
  return { Device: writeDevice(device) }
}

const largestPage = 60

export async function describeDevices(
  { db, secrets }: { readonly db: Db; readonly secrets: Secrets },
  user: User,
  { limit, token }: { readonly limit: number | undefined; readonly token: string | undefined },
): Promise<{ Devices: DeviceType[]; PaginationToken: string | undefined }> {
  const list = `devices ${user.poolId}/${user.sub}`
  const after = readPageToken(secrets, list, token)
  const size = limit || largestPage
  const found = await listDevicesOf(db, user, { after, limit: size + 1 })
  const { entries, nextToken } = pageOf(
    found.map((device) => ({ id: device.key, device })),
    size,
    secrets,
    list,
  )
  return { Devices: entries.map(({ device }) => writeDevice(device)), PaginationToken: nextToken }
}

/**
 * Changes nothing when `status` is undefined. Returns whether the device has another status now.
 * @throws ApiError ResourceNotFoundException when the user has no such device.
 */
export async function changeDeviceStatus(
  { db, clock }: { readonly db: Db | Tx; readonly clock: Clock },
  key: DeviceKey,
  status: DeviceRememberedStatusType | undefined,
): Promise<boolean> {
  const device = await findDevice(db, key)
  if (device === undefined) throw deviceNotFound()
  if (status === undefined) return false
  const remembered = status === 'remembered'
  if (!(await setDeviceRemembered(db, key, { remembered, now: clock.now() }))) throw deviceNotFound()
  return device.remembered !== remembered
}

/**
 * Deletes the device. Calls `before` first, and `after` when there was one, in the same transaction.
 * @throws ApiError ResourceNotFoundException when the user has no such device.
 */
export async function removeDevice(
  { db, clock }: Deps,
  key: DeviceKey,
  { before, after }: { before?(tx: Tx): Promise<unknown>; after?(tx: Tx): Promise<void> },
): Promise<void> {
  const existed = await db.transaction().execute(async (tx) => {
    await before?.(tx)
    const existed = await deleteDevice(tx, key, clock.now())
    if (existed) await after?.(tx)
    return existed
  })
  if (!existed) throw deviceNotFound()
}

function writeDevice(device: Device): DeviceType {
  const attributes = {
    device_status: 'valid',
    device_name: device.name,
    last_ip_used: device.lastIp,
    'dev:device_remembered_status': device.remembered ? 'remembered' : 'not_remembered',
  }
  return {
    DeviceKey: device.key,
    DeviceAttributes: Object.entries(attributes).flatMap(([Name, Value]) => (Value === null ? [] : [{ Name, Value }])),
    DeviceCreateDate: new Date(device.createdAt),
    DeviceLastModifiedDate: new Date(device.updatedAt),
    DeviceLastAuthenticatedDate: new Date(device.lastAuthenticatedAt),
  }
}
