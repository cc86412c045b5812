import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import { type Quotas, requireWithinQuota } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import type { Group } from './group.ts'
import { countGroupsUpTo, insertGroup } from './group-repository.ts'
import { writeGroup } from './wire.ts'

type Deps = { db: Db; clock: Clock; quotas: Quotas }

export const createGroup = operation('CreateGroup', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, quotas }: Deps, { audit }: AuditedCaller) {
    const now = clock.now()
    const draft: Omit<Group, 'memberKey'> = {
      poolId: request.UserPoolId,
      name: request.GroupName,
      description: request.Description ?? null,
      roleArn: request.RoleArn ?? null,
      precedence: request.Precedence ?? null,
      createdAt: now,
      updatedAt: now,
    }
    const group = await db.transaction().execute(async (tx) => {
      await requireLockedPool(tx, draft.poolId)
      const inserted = await insertGroup(tx, draft)
      if (inserted === undefined) throw new ApiError('GroupExistsException', 'A group with the name already exists')
      requireWithinQuota(quotas, 'groupsPerPool', await countGroupsUpTo(tx, draft.poolId, quotas.groupsPerPool + 1))
      await audit.record(tx)
      return inserted
    })
    return { Group: writeGroup(group) }
  },
})
