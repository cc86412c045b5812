import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { changeGroup } from './group-repository.ts'
import { writeGroup } from './wire.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

/** Properties of the group that the request leaves out do not change. */
export const updateGroup = operation('UpdateGroup', {
  auth: 'iam',

  async handle(request, { db, clock, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const { Description: description, RoleArn: roleArn, Precedence: precedence } = request
    const changes = { description, roleArn, precedence, now: clock.now() }
    return { Group: writeGroup(await changeGroup(db, pool.id, request.GroupName, changes)) }
  },
})
