import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { requireDeviceTracking } from './device.ts'
import { changeDeviceStatus } from './device-status.ts'

export const adminUpdateDeviceStatus = operation('AdminUpdateDeviceStatus', {
  auth: 'iam',

  async handle(request, { db, clock, pools }: { db: Db; clock: Clock; pools: PoolCatalog }) {
    const pool = await pools.getPool(request.UserPoolId)
    requireDeviceTracking(pool)
    const { sub } = await getUserByName(db, pool, request.Username)
    const device = { poolId: pool.id, sub, key: request.DeviceKey }
    await changeDeviceStatus(db, device, request.DeviceRememberedStatus, clock.now())
    return {}
  },
})
