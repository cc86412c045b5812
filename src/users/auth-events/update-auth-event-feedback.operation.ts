import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { requireThreatProtection } from '../../pools/risk/risk-configuration.ts'
import type { ActivityLog } from '../../protection/activity/activity-log.ts'
import { openFeedbackToken } from '../../protection/feedback-token.ts'
import type { Db } from '../../storage/db.ts'
import { findUserByName } from '../user-repository.ts'
import { giveFeedback } from './give-feedback.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets; clock: Clock; activityLog: ActivityLog }

/**
 * A user who was notified of an auth event says whether it was them. The feedback token is the only proof, so the token is checked before
 * the answer reveals anything.
 */
export const updateAuthEventFeedback = operation('UpdateAuthEventFeedback', {
  auth: 'public',

  async handle(request, { db, pools, secrets, clock, activityLog }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    requireThreatProtection(pool)
    const user = await findUserByName(db, pool, request.Username)
    const now = clock.now()
    const token = openFeedbackToken(secrets, pool.id, request.FeedbackToken, now)
    if (token === undefined || token.event.sub !== user?.sub || token.event.id !== request.EventId) {
      throw new ApiError('NotAuthorizedException', 'Invalid feedback token.')
    }
    const feedback = { value: request.FeedbackValue, provider: 'User', at: now, mayEndSessions: token.isVerified } as const
    const sinks = await activityLog.findSinks(pool)
    await db.transaction().execute((tx) => giveFeedback(tx, { pool, sinks }, token.event, feedback))
    return {}
  },
})
