import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Quotas } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import { changeIdentityPool } from '../change-identity-pool.ts'
import { requireTagsWithinQuota } from '../identity-pool-rules.ts'
import { requireIdentityPoolArn, writeTags } from './tags.ts'

type Deps = { db: Db; clock: Clock; quotas: Quotas; accountId: string }

export const tagResource = operation('identity:TagResource', {
  auth: 'iam',
  isAudited: true,

  /** Copies the tags with a spread instead of assignments, because a tag may be called `__proto__`. */
  async handle(request, { db, clock, quotas, accountId }: Deps, { audit }: AuditedCaller) {
    const poolId = requireIdentityPoolArn(request.ResourceArn, accountId)
    await changeIdentityPool({ db, clock, audit }, poolId, writeTags, (pool) => {
      const tags = { ...pool.tags, ...request.Tags }
      requireTagsWithinQuota(quotas, tags)
      return { ...pool, tags }
    })
    return {}
  },
})
