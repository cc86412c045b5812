import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getLockedUser } from '../admin/change-user.ts'
import { getUserByName } from '../user-repository.ts'
import { requireDeviceTracking } from './device.ts'
import { changeDeviceStatus } from './device-operations.ts'

export const adminUpdateDeviceStatus = operation('AdminUpdateDeviceStatus', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools }: { db: Db; clock: Clock; pools: PoolCatalog }, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    requireDeviceTracking(pool)
    const found = await getUserByName(db, pool, request.Username)
    const key = { poolId: pool.id, sub: found.sub, key: request.DeviceKey }
    await db.transaction().execute(async (tx) => {
      const user = await getLockedUser(tx, found)
      const isChanged = await changeDeviceStatus({ db: tx, clock }, key, request.DeviceRememberedStatus)
      await audit.record(tx, { user, detail: `device: ${key.key}`, changedMembers: isChanged ? ['DeviceRememberedStatus'] : [] })
    })
    return {}
  },
})
