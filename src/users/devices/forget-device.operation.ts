import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { SessionCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import { requireDeviceTracking } from './device.ts'
import { removeDevice } from './device-operations.ts'

export const forgetDevice = operation('ForgetDevice', {
  auth: 'access-token',

  async handle(request, deps: { db: Db; clock: Clock }, caller: SessionCaller) {
    const { pool, user } = caller
    requireDeviceTracking(pool)
    const key = { poolId: pool.id, sub: user.sub, key: request.DeviceKey }
    await removeDevice(deps, key, { before: (tx) => lockCaller(tx, caller) })
  },
})
