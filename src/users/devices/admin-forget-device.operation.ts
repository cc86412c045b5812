import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { deviceNotFound, requireDeviceTracking } from './device.ts'
import { deleteDevice } from './device-repository.ts'

export const adminForgetDevice = operation('AdminForgetDevice', {
  auth: 'iam',

  async handle(request, { db, clock, pools }: { db: Db; clock: Clock; pools: PoolCatalog }) {
    const pool = await pools.getPool(request.UserPoolId)
    requireDeviceTracking(pool)
    const { sub } = await getUserByName(db, pool, request.Username)
    const device = { poolId: pool.id, sub, key: request.DeviceKey }
    if (!(await db.transaction().execute((tx) => deleteDevice(tx, device, clock.now())))) throw deviceNotFound()
  },
})
