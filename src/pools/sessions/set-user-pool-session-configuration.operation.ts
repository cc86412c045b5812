import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changePool } from '../change-pool.ts'
import type { Pool, SessionTracking } from '../pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { requireTier, type Tiers } from '../tier-rules.ts'
import { sessionTrackingOf, writeSessionTracking } from './session-settings.ts'

type Deps = { db: Db; pools: PoolCatalog; tiers: Tiers }

/**
 * Sets session tracking for sessions that begin from now on. When tracking is switched off, a tracked session continues to work, but is
 * not listed until tracking is switched on again.
 */
export const setUserPoolSessionConfiguration = operation('SetUserPoolSessionConfiguration', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, tiers }: Deps, { audit }: AuditedCaller) {
    const poolId = request.UserPoolId
    const sessionTracking: SessionTracking = {
      enabled: request.UserSessionTracking === 'ENABLED',
      maxPerUser: request.TokenSession.MaxPerUser,
    }
    const write = (pool: Pool) => writeSessionTracking(poolId, sessionTrackingOf(pool))
    const changed = await changePool({ db, pools, audit }, poolId, write, (pool) => {
      requireTier(tiers, pool, { feature: 'User session tracking', tier: 'ESSENTIALS' })
      return { ...pool, sessionTracking }
    })
    return write(changed)
  },
})
