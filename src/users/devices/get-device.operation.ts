import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { deviceNotFound, requireDeviceTracking } from './device.ts'
import { findDevice } from './device-repository.ts'
import { writeDevice } from './device-wire.ts'

export const getDevice = operation('GetDevice', {
  auth: 'access-token',

  async handle(request, { db }: { db: Db }, { pool, user }: TokenCaller) {
    requireDeviceTracking(pool)
    const device = await findDevice(db, { poolId: pool.id, sub: user.sub, key: request.DeviceKey })
    if (device === undefined) throw deviceNotFound()
    return { Device: writeDevice(device) }
  },
})
