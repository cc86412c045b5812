import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getGroup as findGroup } from './group-repository.ts'
import { writeGroup } from './wire.ts'

export const getGroup = operation('GetGroup', {
  auth: 'iam',

  async handle(request, { db, pools }: { db: Db; pools: PoolCatalog }) {
    const pool = await pools.getPool(request.UserPoolId)
    return { Group: writeGroup(await findGroup(db, pool.id, request.GroupName)) }
  },
})
