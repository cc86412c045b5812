import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Secrets } from '../../base/secrets.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { updateAppClient } from '../app-client-repository.ts'
import { requireLockedClient } from '../change-client.ts'
import { requireLockedPool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { requireTier, type Tiers } from '../tier-rules.ts'
import { sessionTrackingOf, writeClientSessions } from './session-settings.ts'

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog; tiers: Tiers }

/** Sets `ssoSessionMinutes` of a client. That is possible only while the pool tracks sessions. The value stays when tracking ends. */
export const setUserPoolClientSessionConfiguration = operation('SetUserPoolClientSessionConfiguration', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, secrets, pools, tiers }: Deps, { audit }: AuditedCaller) {
    const { UserPoolId: poolId, ClientId: clientId } = request
    const client = await db.transaction().execute(async (tx) => {
      const pool = await requireLockedPool(tx, poolId)
      requireTier(tiers, pool, { feature: 'User session tracking', tier: 'ESSENTIALS' })
      const before = await requireLockedClient(tx, secrets, poolId, clientId)
      if (!sessionTrackingOf(pool).enabled) throw invalidParameter('User session tracking is not enabled for this user pool.')
      const after = { ...before, ssoSessionMinutes: request.SSOSession.MaxValidityMinutes }
      await updateAppClient(tx, secrets, after)
      await audit.record(tx, { changedMembers: changedMembers(writeClientSessions(before), writeClientSessions(after)) })
      return after
    })
    await pools.invalidate(poolId)
    return writeClientSessions(client)
  },
})
