import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { deviceNotFound, requireDeviceTracking } from './device.ts'
import { findDevice } from './device-repository.ts'
import { writeDevice } from './device-wire.ts'

export const adminGetDevice = operation('AdminGetDevice', {
  auth: 'iam',

  async handle(request, { db, pools }: { db: Db; pools: PoolCatalog }) {
    const pool = await pools.getPool(request.UserPoolId)
    requireDeviceTracking(pool)
    const { sub } = await getUserByName(db, pool, request.Username)
    const device = await findDevice(db, { poolId: pool.id, sub, key: request.DeviceKey })
    if (device === undefined) throw deviceNotFound()
    return { Device: writeDevice(device) }
  },
})
