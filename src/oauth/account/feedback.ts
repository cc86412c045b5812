import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { usesThreatProtection } from '../../pools/tier-rules.ts'
import type { ActivityLog } from '../../protection/activity/activity-log.ts'
import type { AuthEvent, AuthEventFeedback } from '../../protection/auth-event.ts'
import { findAuthEvent } from '../../protection/auth-event-repository.ts'
import { openFeedbackToken } from '../../protection/feedback-token.ts'
import type { Db } from '../../storage/db.ts'
import { type FeedbackResult, giveFeedback } from '../../users/auth-events/give-feedback.ts'
import { isSelfServiceOff } from '../../users/self-service/self-service.ts'
import type { User } from '../../users/user.ts'
import { findUser } from '../../users/user-repository.ts'
import { PageError } from '../page-error.ts'
import type { NoticeLink } from './notice-link.ts'

export type FeedbackDeps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets; readonly activityLog: ActivityLog }

/** The sign-in that a notice was about, and whether the notice went to a verified address. */
export type NoticedSignIn = { readonly event: AuthEvent; readonly user: User; readonly isVerified: boolean }

/**
 * The sign-in of the link. Undefined for a token that is not valid for the pool or has expired, and when user or event were deleted. Nothing
 * is changed.
 *
 * @throws PageError when users cannot give feedback.
 */
export async function findNoticedSignIn(deps: FeedbackDeps, { pool, token, owner }: NoticeLink): Promise<NoticedSignIn | undefined> {
  if (isSelfServiceOff({ pool, client: undefined }, 'UpdateAuthEventFeedback')) throw new PageError('page_not_offered', owner?.client.id)
  const opened = usesThreatProtection(pool.addOns) ? openFeedbackToken(deps.secrets, pool.id, token, deps.clock.now()) : undefined
  if (opened === undefined) return undefined
  const { event: key, isVerified } = opened
  const [user, event] = await Promise.all([findUser(deps.db, pool.id, key.sub), findAuthEvent(deps.db, key)])
  return user && event && { event, user, isVerified }
}

/** Gives feedback as UpdateAuthEventFeedback does. Undefined for a link that does not work. */
export async function submitFeedback(
  deps: FeedbackDeps,
  link: NoticeLink,
  value: AuthEventFeedback['value'],
): Promise<FeedbackResult | undefined> {
  const found = await findNoticedSignIn(deps, link)
  if (found === undefined) return undefined
  const feedback = { value, provider: 'User', at: deps.clock.now(), mayEndSessions: found.isVerified } as const
  const { pool } = link
  const sinks = await deps.activityLog.findSinks(pool)
  try {
    return await deps.db.transaction().execute((tx) => giveFeedback(tx, { pool, sinks }, found.event, feedback))
  } catch (error) {
    // The user or the event was deleted since it was read.
    if (error instanceof ApiError && error.code === 'ResourceNotFoundException') return undefined
    throw error
  }
}
