import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changePool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { requirePoolArn } from './tags.ts'

type Deps = { db: Db; pools: PoolCatalog; accountId: string }

/** Removes tags from a pool. Tag keys that the pool does not have are ignored. */
export const untagResource = operation('UntagResource', {
  auth: 'iam',

  async handle(request, { db, pools, accountId }: Deps) {
    const keys = new Set(request.TagKeys)
    await changePool(db, pools, requirePoolArn(request.ResourceArn, accountId), (pool) => ({
      ...pool,
      tags: Object.fromEntries(Object.entries(pool.tags).filter(([key]) => !keys.has(key))),
    }))
    return {}
  },
})
