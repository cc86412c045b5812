import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { requireDeviceTracking } from './device.ts'
import { removeDevice } from './device-operations.ts'

export const adminForgetDevice = operation('AdminForgetDevice', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: { db: Db; clock: Clock; pools: PoolCatalog }, { audit }: AuditedCaller) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    requireDeviceTracking(pool)
    const user = await getUserByName(deps.db, pool, request.Username)
    const key = { poolId: pool.id, sub: user.sub, key: request.DeviceKey }
    await removeDevice(deps, key, { after: (tx) => audit.record(tx, { user, detail: `device: ${request.DeviceKey}` }) })
  },
})
