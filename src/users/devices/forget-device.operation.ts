import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { UserCaller } from '../caller.ts'
import { requireDeviceTracking } from './device.ts'
import { removeDevice } from './device-operations.ts'

export const forgetDevice = operation('ForgetDevice', {
  auth: 'access-token',

  async handle(request, deps: { db: Db; clock: Clock }, { pool, user }: UserCaller) {
    requireDeviceTracking(pool)
    await removeDevice(deps, { poolId: pool.id, sub: user.sub, key: request.DeviceKey })
  },
})
