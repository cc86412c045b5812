import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { lockResource, updateResource } from '../pool-resource-repository.ts'
import { requireValidResourceServer, resourceServerNotFound, resourceServers } from './resource-server.ts'
import { readResourceServer, writeResourceServer } from './resource-server-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock }

/** Replaces name and scopes. App clients keep the names of removed scopes, but such a scope is no longer granted. */
export const updateResourceServer = operation('UpdateResourceServer', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, clock }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const server = await db.transaction().execute(async (tx) => {
      const before = await lockResource(tx, pool.id, resourceServers, request.Identifier)
      if (before === undefined) throw resourceServerNotFound(request.Identifier)
      const after = { ...before, updatedAt: clock.now(), config: readResourceServer(request) }
      requireValidResourceServer(after)
      await updateResource(tx, pool.id, resourceServers, after)
      await audit.record(tx, { changedMembers: changedMembers(writeResourceServer(pool.id, before), writeResourceServer(pool.id, after)) })
      return after
    })
    await pools.invalidate(pool.id)
    return { ResourceServer: writeResourceServer(pool.id, server) }
  },
})
