import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changePool } from '../change-pool.ts'
import { invalidParameter } from '../invalid-parameter.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { type Quotas, quotaExceeded } from '../quotas.ts'
import { requirePoolArn } from './tagged-pool.ts'

type Deps = { db: Db; pools: PoolCatalog; quotas: Quotas }

export const tagResource = operation('TagResource', {
  auth: 'iam',

  /** Spread, not assigned one by one: a tag may be called `__proto__`. */
  async handle(request, { db, pools, quotas }: Deps) {
    await changePool(db, pools, requirePoolArn(request.ResourceArn), (pool) => {
      const tags = { ...pool.tags, ...request.Tags }
      // Its model has no LimitExceededException.
      if (Object.keys(tags).length > quotas.tagsPerPool) throw invalidParameter(quotaExceeded(quotas, 'tagsPerPool'))
      return { ...pool, tags }
    })
    return {}
  },
})
