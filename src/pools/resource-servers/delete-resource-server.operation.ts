import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteResource } from '../pool-resource-repository.ts'
import { resourceServerNotFound, resourceServers } from './resource-server.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const deleteResourceServer = operation('DeleteResourceServer', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    await db.transaction().execute(async (tx) => {
      if (!(await deleteResource(tx, pool.id, resourceServers, request.Identifier))) throw resourceServerNotFound(request.Identifier)
      await audit.record(tx)
    })
    await pools.invalidate(pool.id)
  },
})
