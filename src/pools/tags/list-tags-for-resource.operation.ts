import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { poolNotFound } from '../pool-catalog.ts'
import { findPool } from '../pool-repository.ts'
import { requirePoolArn } from './tags.ts'

type Deps = { db: Db; accountId: string }

export const listTagsForResource = operation('ListTagsForResource', {
  auth: 'iam',

  /** From the database, not the catalog: who has just tagged the pool in another process wants to see it. */
  async handle(request, { db, accountId }: Deps) {
    const poolId = requirePoolArn(request.ResourceArn, accountId)
    const pool = await findPool(db, poolId)
    if (pool === undefined) throw poolNotFound(poolId)
    return { Tags: { ...pool.tags } }
  },
})
