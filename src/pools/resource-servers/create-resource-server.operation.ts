import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { requireLockedPool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { countResourcesUpTo, insertResource } from '../pool-resource-repository.ts'
import { type Quotas, requireWithinQuota } from '../quotas.ts'
import { type ResourceServer, requireValidResourceServer, resourceServers } from './resource-server.ts'
import { readResourceServer, writeResourceServer } from './resource-server-wire.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; quotas: Quotas }

export const createResourceServer = operation('CreateResourceServer', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools, quotas }: Deps, { audit }: AuditedCaller) {
    const { UserPoolId: poolId, Identifier: id } = request
    const now = clock.now()
    const server: ResourceServer = { id, createdAt: now, updatedAt: now, config: readResourceServer(request) }
    requireValidResourceServer(server)
    await db.transaction().execute(async (tx) => {
      await requireLockedPool(tx, poolId)
      if (!(await insertResource(tx, poolId, resourceServers, server)))
        throw invalidParameter(`${id} already exists in user pool ${poolId}.`)
      const count = await countResourcesUpTo(tx, poolId, resourceServers, quotas.resourceServersPerPool + 1)
      requireWithinQuota(quotas, 'resourceServersPerPool', count)
      await audit.record(tx)
    })
    await pools.invalidate(poolId)
    return { ResourceServer: writeResourceServer(poolId, server) }
  },
})
