import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { requireThreatProtection } from '../../pools/risk/risk-configuration.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { storeFeedback } from './store-feedback.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock }

export const adminUpdateAuthEventFeedback = operation('AdminUpdateAuthEventFeedback', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, clock }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    requireThreatProtection(pool)
    const user = await getUserByName(db, pool, request.Username)
    const key = { poolId: pool.id, sub: user.sub, id: request.EventId }
    await db.transaction().execute(async (tx) => {
      await storeFeedback(tx, key, { value: request.FeedbackValue, provider: 'Admin', at: clock.now() })
      await audit.record(tx, { user, detail: `event: ${key.id}` })
    })
    return {}
  },
})
