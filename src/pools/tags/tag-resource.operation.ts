import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changePool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import type { Quotas } from '../quotas.ts'
import { requirePoolArn, requireTagsWithinQuota } from './tags.ts'

type Deps = { db: Db; pools: PoolCatalog; quotas: Quotas; accountId: string }

export const tagResource = operation('TagResource', {
  auth: 'iam',

  /** Copies with a spread instead of assignments, because a tag may be called `__proto__`. */
  async handle(request, { db, pools, quotas, accountId }: Deps) {
    await changePool(db, pools, requirePoolArn(request.ResourceArn, accountId), (pool) => {
      const tagged = { ...pool, tags: { ...pool.tags, ...request.Tags } }
      requireTagsWithinQuota(quotas, tagged, 'InvalidParameterException')
      return tagged
    })
    return {}
  },
})
