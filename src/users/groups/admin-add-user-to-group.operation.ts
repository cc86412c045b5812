import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { type Quotas, quotaExceeded } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import { getLockedUser } from '../admin/change-user.ts'
import { getUserByName } from '../user-repository.ts'
import { insertMember } from './group-member-repository.ts'
import { getLockedGroup, listGroupsOfUser } from './group-repository.ts'

type Deps = { db: Db; pools: PoolCatalog; quotas: Quotas }

/** Tokens say so from their next issue. A user who is in the group already stays there. */
export const adminAddUserToGroup = operation('AdminAddUserToGroup', {
  auth: 'iam',

  async handle(request, { db, pools, quotas }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const user = await getUserByName(db, pool, request.Username)
    await db.transaction().execute(async (tx) => {
      // Locked, so that neither goes away and leaves a membership behind.
      await getLockedUser(tx, user)
      const { memberKey } = await getLockedGroup(tx, pool.id, request.GroupName)
      await insertMember(tx, { poolId: pool.id, sub: user.sub, memberKey })
      const page = { after: undefined, limit: quotas.groupsPerUser + 1 }
      const groups = await listGroupsOfUser(tx, pool.id, user.sub, page)
      // The operation has no LimitExceededException in the service's model.
      if (groups.length > quotas.groupsPerUser) throw invalidParameter(quotaExceeded(quotas, 'groupsPerUser'))
    })
  },
})
