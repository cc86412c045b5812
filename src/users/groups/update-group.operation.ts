import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { changeGroup, getLockedGroup } from './group-repository.ts'
import { writeGroup } from './wire.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

/** Properties of the group that the request leaves out do not change. */
export const updateGroup = operation('UpdateGroup', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const { Description: description, RoleArn: roleArn, Precedence: precedence } = request
    const changes = { description, roleArn, precedence, now: clock.now() }
    return db.transaction().execute(async (tx) => {
      const before = writeGroup(await getLockedGroup(tx, pool.id, request.GroupName))
      const after = writeGroup(await changeGroup(tx, pool.id, request.GroupName, changes))
      await audit.record(tx, { changedMembers: changedMembers(before, after) })
      return { Group: after }
    })
  },
})
