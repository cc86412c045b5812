import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { requireDeviceTracking } from './device.ts'
import { describeDevices } from './device-operations.ts'

export const adminListDevices = operation('AdminListDevices', {
  auth: 'iam',

  async handle(request, deps: { db: Db; secrets: Secrets; pools: PoolCatalog }) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    requireDeviceTracking(pool)
    const user = await getUserByName(deps.db, pool, request.Username)
    return describeDevices(deps, user, { limit: request.Limit, token: request.PaginationToken })
  },
})
