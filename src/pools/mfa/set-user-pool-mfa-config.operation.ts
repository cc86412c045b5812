import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changePool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { requireConsistentPool } from '../pool-rules.ts'
import { requireFeaturesOfTier, type Tiers } from '../tier-rules.ts'
import { readMfaConfig, writeMfaConfig } from './mfa-config-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock; tiers: Tiers }

export const setUserPoolMfaConfig = operation('SetUserPoolMfaConfig', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, clock, tiers }: Deps, { audit }: AuditedCaller) {
    const changed = await changePool({ db, pools, audit }, request.UserPoolId, writeMfaConfig, (before) => {
      const after = readMfaConfig(before, request, clock.now())
      requireConsistentPool(after)
      requireFeaturesOfTier(tiers, after)
      return after
    })
    return writeMfaConfig(changed)
  },
})
