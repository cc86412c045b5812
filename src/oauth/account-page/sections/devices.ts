import type { Device } from '../../../users/devices/device.ts'
import { listDevicesOf } from '../../../users/devices/device-repository.ts'
import { forgetDevice } from '../../../users/devices/forget-device.operation.ts'
import { updateDeviceStatus } from '../../../users/devices/update-device-status.operation.ts'
import { callAsUser } from '../call-as-user.ts'
import { section } from '../section.ts'

/** A user can have any number of devices. The page shows so many. */
const mostDevices = 60

export type DevicesView = { readonly devices: readonly (Device & { readonly isCurrent: boolean })[] }

/** The devices of the user. A remembered one replaces the second factor. */
export const devices = section({
  shows: ['ListDevices'],
  isOffered: ({ pool }) => pool.devices !== undefined,

  async open({ db }, { user, session }): Promise<DevicesView> {
    const found = await listDevicesOf(db, user, { after: undefined, limit: mostDevices })
    const latestFirst = found.toSorted((one, other) => other.lastAuthenticatedAt - one.lastAuthenticatedAt)
    return { devices: latestFirst.map((device) => ({ ...device, isCurrent: device.key === session.deviceKey })) }
  },

  actions: {
    forget: {
      operation: 'ForgetDevice',
      switches: ['ForgetDevice'],
      isSensitive: true,
      async run(deps, account, form) {
        const DeviceKey = form.get('id') ?? ''
        await callAsUser(forgetDevice, deps, account, { DeviceKey })
        // The session of this browser ends with its device.
        if (DeviceKey === account.session.deviceKey) return { kind: 'ended', ending: 'signed-out' }
        return { kind: 'done', done: { kind: 'removed' } }
      },
    },
    distrust: {
      operation: 'UpdateDeviceStatus',
      switches: ['UpdateDeviceStatus'],
      isSensitive: true,
      async run(deps, account, form) {
        const request = { DeviceKey: form.get('id') ?? '', DeviceRememberedStatus: 'not_remembered' } as const
        await callAsUser(updateDeviceStatus, deps, account, request)
        return { kind: 'done', done: { kind: 'saved' } }
      },
    },
  },
})
