import type { DeviceType } from '../../contract/generated/types.ts'
import type { Device } from './device.ts'

export function writeDevice(device: Device): DeviceType {
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
