import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { SessionCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import { requireDeviceTracking } from './device.ts'
import { changeDeviceStatus } from './device-operations.ts'

export const updateDeviceStatus = operation('UpdateDeviceStatus', {
  auth: 'access-token',

  async handle(request, { db, clock }: { db: Db; clock: Clock }, caller: SessionCaller) {
    const { pool, user } = caller
    requireDeviceTracking(pool)
    const key = { poolId: pool.id, sub: user.sub, key: request.DeviceKey }
    await db.transaction().execute(async (tx) => {
      await lockCaller(tx, caller)
      await changeDeviceStatus({ db: tx, clock }, key, request.DeviceRememberedStatus)
    })
    return {}
  },
})
