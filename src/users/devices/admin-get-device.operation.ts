import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { requireDeviceTracking } from './device.ts'
import { describeDevice } from './device-operations.ts'

export const adminGetDevice = operation('AdminGetDevice', {
  auth: 'iam',

  async handle(request, { db, pools }: { db: Db; pools: PoolCatalog }) {
    const pool = await pools.getPool(request.UserPoolId)
    requireDeviceTracking(pool)
    const { sub } = await getUserByName(db, pool, request.Username)
    return describeDevice(db, { poolId: pool.id, sub, key: request.DeviceKey })
  },
})
