import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { deviceNotFound, requireDeviceTracking } from './device.ts'
import { deleteDevice } from './device-repository.ts'

export const forgetDevice = operation('ForgetDevice', {
  auth: 'access-token',

  async handle(request, { db, clock }: { db: Db; clock: Clock }, { pool, user }: TokenCaller) {
    requireDeviceTracking(pool)
    const device = { poolId: pool.id, sub: user.sub, key: request.DeviceKey }
    if (!(await db.transaction().execute((tx) => deleteDevice(tx, device, clock.now())))) throw deviceNotFound()
  },
})
