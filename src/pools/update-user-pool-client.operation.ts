import type { AuditedCaller } from '../audit/audited-caller.ts'
import { changedMembers } from '../audit/changed-members.ts'
import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { readClientUpdate, writeClient } from './app-client-wire.ts'
import { requireLockedClient } from './change-client.ts'
import { requireLockedPool } from './change-pool.ts'
import { type CustomIds, requireClientName } from './custom-ids.ts'
import type { PoolCatalog } from './pool-catalog.ts'
import { updateValidClient } from './store-client.ts'
import type { Tiers } from './tier-rules.ts'

type Deps = CustomIds & { db: Db; pools: PoolCatalog; clock: Clock; secrets: Secrets; tiers: Tiers }

export const updateUserPoolClient = operation('UpdateUserPoolClient', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: Deps, { audit }: AuditedCaller) {
    const { db, pools, clock, secrets, tiers } = deps
    requireClientName(deps, request.ClientName)
    const { UserPoolId: poolId, ClientId: clientId } = request
    const client = await db.transaction().execute(async (tx) => {
      // Locked, because the request names attributes: a schema change may replace their names.
      const pool = await requireLockedPool(tx, poolId)
      const before = await requireLockedClient(tx, secrets, poolId, clientId)
      const after = readClientUpdate(pool, before, request, clock.now())
      await updateValidClient(tx, { secrets, tiers }, pool, after)
      await audit.record(tx, { changedMembers: changedMembers(writeClient(before), writeClient(after)) })
      return after
    })
    await pools.invalidate(poolId)
    return { UserPoolClient: writeClient(client) }
  },
})
