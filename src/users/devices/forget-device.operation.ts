import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { requireDeviceTracking, unknownDevice } from './device.ts'
import { deleteDevice } from './device-repository.ts'

export const forgetDevice = operation('ForgetDevice', {
  auth: 'access-token',

  async handle(request, { db }: { db: Db }, { pool, user }: TokenCaller) {
    requireDeviceTracking(pool)
    if (!(await deleteDevice(db, { poolId: pool.id, sub: user.sub, key: request.DeviceKey }))) throw unknownDevice()
  },
})
