import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { requireDeviceTracking } from './device.ts'
import { changeDeviceStatus } from './device-status.ts'

export const updateDeviceStatus = operation('UpdateDeviceStatus', {
  auth: 'access-token',

  async handle(request, { db, clock }: { db: Db; clock: Clock }, { pool, user }: TokenCaller) {
    requireDeviceTracking(pool)
    const device = { poolId: pool.id, sub: user.sub, key: request.DeviceKey }
    await changeDeviceStatus(db, device, request.DeviceRememberedStatus, clock.now())
    return {}
  },
})
