import { operation } from '../../contract/operation.ts'
import { threatProtectionOf } from '../../pools/extensions/pool-extensions.ts'
import { writeThresholds } from '../../pools/extensions/threat-protection-extension.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { requireThreatProtection } from '../../pools/risk/risk-configuration.ts'
import { findAuthEvent } from '../../protection/auth-event-repository.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { eventNotFound } from './give-feedback.ts'

type Deps = { db: Db; pools: PoolCatalog }

/**
 * Why an auth event has its level of risk: the points, and how far each thing moved them. The thresholds are those of the pool now; they may
 * have been others when the event was recorded. An event whose risk was not assessed has no points and no reasons.
 */
export const describeAuthEventRisk = operation('DescribeAuthEventRisk', {
  auth: 'iam',

  async handle({ UserPoolId, Username, EventId: id }, { db, pools }: Deps) {
    const pool = await pools.getPool(UserPoolId)
    requireThreatProtection(pool)
    const { sub } = await getUserByName(db, pool, Username)
    const event = await findAuthEvent(db, { poolId: pool.id, sub, id })
    if (event === undefined) throw eventNotFound()
    const { risk } = event.details
    return {
      EventId: id,
      Points: risk?.points,
      RiskLevel: risk?.level,
      RiskDecision: risk?.decision ?? 'NoRisk',
      Reasons: (risk?.reasons ?? []).map(({ name, points }) => ({ Name: name, Points: points })),
      Thresholds: writeThresholds(threatProtectionOf(pool).thresholds),
    }
  },
})
