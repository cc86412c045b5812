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
 * The settings apply to sessions that begin from now on. A session that is tracked continues to work when tracking is switched off, but is
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
