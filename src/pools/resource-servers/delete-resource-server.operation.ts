import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteResource } from '../pool-resource-repository.ts'
import { resourceServerNotFound, resourceServers } from './resource-server.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const deleteResourceServer = operation('DeleteResourceServer', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    if (!(await deleteResource(db, pool.id, resourceServers, request.Identifier))) throw resourceServerNotFound(request.Identifier)
  },
})
