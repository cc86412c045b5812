import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { UserCaller } from '../caller.ts'
import { requireDeviceTracking } from './device.ts'
import { changeDeviceStatus } from './device-operations.ts'

export const updateDeviceStatus = operation('UpdateDeviceStatus', {
  auth: 'access-token',

  async handle(request, deps: { db: Db; clock: Clock }, { pool, user }: UserCaller) {
    requireDeviceTracking(pool)
    await changeDeviceStatus(deps, { poolId: pool.id, sub: user.sub, key: request.DeviceKey }, request.DeviceRememberedStatus)
    return {}
  },
})
