import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changePool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import type { Quotas } from '../quotas.ts'
import { requirePoolArn, requireTagsWithinQuota, writeTags } from './tags.ts'

type Deps = { db: Db; pools: PoolCatalog; quotas: Quotas; accountId: string }

export const tagResource = operation('TagResource', {
  auth: 'iam',
  isAudited: true,

  /** Copies the tags with a spread instead of assignments, because a tag may be called `__proto__`. */
  async handle(request, { db, pools, quotas, accountId }: Deps, { audit }: AuditedCaller) {
    await changePool({ db, pools, audit }, requirePoolArn(request.ResourceArn, accountId), writeTags, (pool) => {
      const tagged = { ...pool, tags: { ...pool.tags, ...request.Tags } }
      requireTagsWithinQuota(quotas, tagged, 'InvalidParameterException')
      return tagged
    })
    return {}
  },
})
