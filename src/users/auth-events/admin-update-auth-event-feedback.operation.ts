import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { requireThreatProtection } from '../../pools/risk/risk-configuration.ts'
import type { ActivityLog } from '../../protection/activity/activity-log.ts'
import type { Db } from '../../storage/db.ts'
import { writeComparedUser } from '../compared-user.ts'
import { getUserByName } from '../user-repository.ts'
import { giveFeedback } from './give-feedback.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock; activityLog: ActivityLog }

export const adminUpdateAuthEventFeedback = operation('AdminUpdateAuthEventFeedback', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, clock, activityLog }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    requireThreatProtection(pool)
    const user = await getUserByName(db, pool, request.Username)
    const key = { poolId: pool.id, sub: user.sub, id: request.EventId }
    const sinks = await activityLog.findSinks(pool)
    await db.transaction().execute(async (tx) => {
      const feedback = { value: request.FeedbackValue, provider: 'Admin', at: clock.now(), mayEndSessions: true } as const
      const { before, after } = await giveFeedback(tx, { pool, sinks }, key, feedback)
      const signedOut = after === before ? '' : ', signed out'
      const changed = changedMembers(writeComparedUser(before), writeComparedUser(after))
      await audit.record(tx, { user, changedMembers: changed, detail: `event: ${key.id}${signedOut}` })
    })
    return {}
  },
})
