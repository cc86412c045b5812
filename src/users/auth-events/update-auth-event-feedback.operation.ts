import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { requireThreatProtection } from '../../pools/risk/risk-configuration.ts'
import { setFeedback } from '../../protection/auth-event-repository.ts'
import { isFeedbackToken } from '../../protection/feedback-token.ts'
import type { Db } from '../../storage/db.ts'
import { findUserByName } from '../user-repository.ts'
import { eventNotFound } from './event-not-found.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets; clock: Clock }

/** A user who was told about an event says whether it was them. The token is all the proof there is, so it is looked at before anything is told. */
export const updateAuthEventFeedback = operation('UpdateAuthEventFeedback', {
  auth: 'public',

  async handle(request, { db, pools, secrets, clock }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    requireThreatProtection(pool)
    const user = await findUserByName(db, pool, request.Username)
    if (user === undefined || !isFeedbackToken(secrets, user, request.EventId, request.FeedbackToken)) {
      throw new ApiError('NotAuthorizedException', 'Invalid feedback token.')
    }
    const key = { poolId: pool.id, sub: user.sub, id: request.EventId }
    const isSet = await setFeedback(db, key, { value: request.FeedbackValue, provider: 'User', at: clock.now() })
    if (!isSet) throw eventNotFound()
    return {}
  },
})
