import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { poolNotFound } from '../pool-catalog.ts'
import { findPool } from '../pool-repository.ts'
import { requirePoolArn, writeTags } from './tags.ts'

type Deps = { db: Db; accountId: string }

export const listTagsForResource = operation('ListTagsForResource', {
  auth: 'iam',

  /** Reads the database, not the pool catalog, so that a change through another process is shown at once. */
  async handle(request, { db, accountId }: Deps) {
    const poolId = requirePoolArn(request.ResourceArn, accountId)
    const pool = await findPool(db, poolId)
    if (pool === undefined) throw poolNotFound(poolId)
    return writeTags(pool)
  },
})
