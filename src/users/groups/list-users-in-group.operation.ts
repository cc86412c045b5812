import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { writeUser } from '../wire.ts'
import { listMembers } from './group-member-repository.ts'
import { getGroup } from './group-repository.ts'
import { largestPage } from './wire.ts'

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog }

export const listUsersInGroup = operation('ListUsersInGroup', {
  auth: 'iam',

  async handle(request, { db, secrets, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const group = await getGroup(db, pool.id, request.GroupName)
    const size = request.Limit || largestPage
    const list = `ListUsersInGroup ${pool.id} ${group.memberKey}`
    const after = readPageToken(secrets, list, request.NextToken)
    const found = await listMembers(db, group, { after, limit: size + 1 })
    const identified = found.map((user) => ({ ...user, id: user.sub }))
    const { entries, nextToken } = pageOf(identified, size, secrets, list)
    return { Users: entries.map(writeUser), NextToken: nextToken }
  },
})
