import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changeIdentityPool } from '../change-identity-pool.ts'
import { requireIdentityPoolArn, writeTags } from './tags.ts'

type Deps = { db: Db; clock: Clock; accountId: string }

/** Removes tags from an identity pool. Tag keys that the pool does not have are ignored. */
export const untagResource = operation('identity:UntagResource', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, accountId }: Deps, { audit }: AuditedCaller) {
    const keys = new Set(request.TagKeys)
    const poolId = requireIdentityPoolArn(request.ResourceArn, accountId)
    await changeIdentityPool({ db, clock, audit }, poolId, writeTags, (pool) => ({
      ...pool,
      tags: Object.fromEntries(Object.entries(pool.tags).filter(([key]) => !keys.has(key))),
    }))
    return {}
  },
})
