import type { DeviceRememberedStatusType } from '../../contract/generated/types.ts'
import type { Db } from '../../storage/db.ts'
import { type Device, deviceNotFound } from './device.ts'
import { findDevice, updateDeviceMemory } from './device-repository.ts'

/** Throws ResourceNotFoundException when the user has no such device. Without a status nothing changes. */
export async function changeDeviceStatus(
  db: Db,
  device: Pick<Device, 'poolId' | 'sub' | 'key'>,
  status: DeviceRememberedStatusType | undefined,
  now: number,
): Promise<void> {
  const isKnown =
    status === undefined ? (await findDevice(db, device)) !== undefined : await updateDeviceMemory(db, device, status === 'remembered', now)
  if (!isKnown) throw deviceNotFound()
}
