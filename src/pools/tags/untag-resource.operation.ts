import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changePool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { requirePoolArn, writeTags } from './tags.ts'

type Deps = { db: Db; pools: PoolCatalog; accountId: string }

/** Removes tags from a pool. Tag keys that the pool does not have are ignored. */
export const untagResource = operation('UntagResource', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, accountId }: Deps, { audit }: AuditedCaller) {
    const keys = new Set(request.TagKeys)
    await changePool({ db, pools, audit }, requirePoolArn(request.ResourceArn, accountId), writeTags, (pool) => ({
      ...pool,
      tags: Object.fromEntries(Object.entries(pool.tags).filter(([key]) => !keys.has(key))),
    }))
    return {}
  },
})
