import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { UserCaller } from '../caller.ts'
import { requireDeviceTracking } from './device.ts'
import { describeDevice } from './device-operations.ts'

export const getDevice = operation('GetDevice', {
  auth: 'access-token',

  async handle(request, { db }: { db: Db }, { pool, user }: UserCaller) {
    requireDeviceTracking(pool)
    return describeDevice(db, { poolId: pool.id, sub: user.sub, key: request.DeviceKey })
  },
})
