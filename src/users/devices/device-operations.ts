import { adminForgetDevice } from './admin-forget-device.operation.ts'
import { adminGetDevice } from './admin-get-device.operation.ts'
import { adminListDevices } from './admin-list-devices.operation.ts'
import { adminUpdateDeviceStatus } from './admin-update-device-status.operation.ts'
import { confirmDevice } from './confirm-device.operation.ts'
import { forgetDevice } from './forget-device.operation.ts'
import { getDevice } from './get-device.operation.ts'
import { listDevices } from './list-devices.operation.ts'
import { updateDeviceStatus } from './update-device-status.operation.ts'

/** The devices of users, in pools that track them. */
export const deviceOperations = [
  adminForgetDevice,
  adminGetDevice,
  adminListDevices,
  adminUpdateDeviceStatus,
  confirmDevice,
  forgetDevice,
  getDevice,
  listDevices,
  updateDeviceStatus,
] as const
