import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { requireDeviceTracking } from './device.ts'
import { changeDeviceStatus } from './device-operations.ts'

export const adminUpdateDeviceStatus = operation('AdminUpdateDeviceStatus', {
  auth: 'iam',

  async handle(request, deps: { db: Db; clock: Clock; pools: PoolCatalog }) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    requireDeviceTracking(pool)
    const { sub } = await getUserByName(deps.db, pool, request.Username)
    await changeDeviceStatus(deps, { poolId: pool.id, sub, key: request.DeviceKey }, request.DeviceRememberedStatus)
    return {}
  },
})
