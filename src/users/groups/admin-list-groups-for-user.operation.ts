import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { listGroupsOfUser } from './group-repository.ts'
import { largestPage, writeGroup } from './wire.ts'

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog }

export const adminListGroupsForUser = operation('AdminListGroupsForUser', {
  auth: 'iam',

  async handle(request, { db, secrets, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const user = await getUserByName(db, pool, request.Username)
    const size = request.Limit || largestPage
    const list = `AdminListGroupsForUser ${pool.id} ${user.sub}`
    const after = readPageToken(secrets, list, request.NextToken)
    const found = await listGroupsOfUser(db, pool.id, user.sub, { after, limit: size + 1 })
    const { entries, nextToken } = pageOf(
      found.map((group) => ({ ...group, id: group.memberKey })),
      size,
      secrets,
      list,
    )
    return { Groups: entries.map(writeGroup), NextToken: nextToken }
  },
})
