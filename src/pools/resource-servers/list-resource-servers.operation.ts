import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { listResources } from '../pool-resource-repository.ts'
import { resourceServers } from './resource-server.ts'
import { writeResourceServer } from './resource-server-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

const defaultPageSize = 50

export const listResourceServers = operation('ListResourceServers', {
  auth: 'iam',

  async handle(request, { db, pools, secrets }: Deps) {
    const { UserPoolId: poolId, MaxResults: size = defaultPageSize } = request
    await pools.getPool(poolId)
    const list = `ListResourceServers ${poolId}`
    const after = readPageToken(secrets, list, request.NextToken)
    const found = await listResources(db, poolId, resourceServers, { after, limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return { ResourceServers: entries.map((server) => writeResourceServer(poolId, server)), NextToken: nextToken }
  },
})
