import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { deleteMember } from './group-member-repository.ts'
import { getGroup } from './group-repository.ts'

/** The user's next tokens no longer name the group. */
export const adminRemoveUserFromGroup = operation('AdminRemoveUserFromGroup', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools }: { db: Db; pools: PoolCatalog }, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const user = await getUserByName(db, pool, request.Username)
    const { memberKey } = await getGroup(db, pool.id, request.GroupName)
    await db.transaction().execute(async (tx) => {
      await deleteMember(tx, { poolId: pool.id, sub: user.sub, memberKey })
      await audit.record(tx, { user, detail: `group: ${request.GroupName}` })
    })
  },
})
