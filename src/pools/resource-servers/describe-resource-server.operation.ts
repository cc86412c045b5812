import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findResource } from '../pool-resource-repository.ts'
import { resourceServerNotFound, resourceServers } from './resource-server.ts'
import { writeResourceServer } from './resource-server-wire.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const describeResourceServer = operation('DescribeResourceServer', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const server = await findResource(db, pool.id, resourceServers, request.Identifier)
    if (server === undefined) throw resourceServerNotFound(request.Identifier)
    return { ResourceServer: writeResourceServer(pool.id, server) }
  },
})
