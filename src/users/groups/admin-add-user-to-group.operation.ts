import type { AuditedCaller } from '../../audit/audited-caller.ts'
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

/** The user's next tokens name the group. Does nothing when the user is in the group already. */
export const adminAddUserToGroup = operation('AdminAddUserToGroup', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, quotas }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const user = await getUserByName(db, pool, request.Username)
    await db.transaction().execute(async (tx) => {
      // User and group are locked, so that neither can be deleted and leave the membership behind.
      await getLockedUser(tx, user)
      const { memberKey } = await getLockedGroup(tx, pool.id, request.GroupName)
      await insertMember(tx, { poolId: pool.id, sub: user.sub, memberKey })
      const page = { after: undefined, limit: quotas.groupsPerUser + 1 }
      const groups = await listGroupsOfUser(tx, pool.id, user.sub, page)
      // Cognito's API model does not list LimitExceededException for this operation, so the error is InvalidParameterException.
      if (groups.length > quotas.groupsPerUser) throw invalidParameter(quotaExceeded(quotas, 'groupsPerUser'))
      await audit.record(tx, { user, detail: `group: ${request.GroupName}` })
    })
  },
})
