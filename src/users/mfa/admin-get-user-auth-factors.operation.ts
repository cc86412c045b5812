import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { describeAuthFactors } from './auth-factors.ts'

export const adminGetUserAuthFactors = operation('AdminGetUserAuthFactors', {
  auth: 'iam',

  async handle(request, { db, pools }: { db: Db; pools: PoolCatalog }) {
    const pool = await pools.getPool(request.UserPoolId)
    return describeAuthFactors(db, pool, await getUserByName(db, pool, request.Username))
  },
})
