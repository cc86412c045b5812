import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { listGroups as findGroups } from './group-repository.ts'
import { largestPage, withId, writeGroup } from './wire.ts'

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog }

export const listGroups = operation('ListGroups', {
  auth: 'iam',

  async handle(request, { db, secrets, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const size = request.Limit || largestPage
    const list = `ListGroups ${pool.id}`
    const after = readPageToken(secrets, list, request.NextToken)
    const found = await findGroups(db, pool.id, { after, limit: size + 1 })
    const { entries, nextToken } = pageOf(found.map(withId), size, secrets, list)
    return { Groups: entries.map(writeGroup), NextToken: nextToken }
  },
})
