import { ApiError } from '../../contract/api-error.ts'
import type { LogSink } from '../../log-delivery/log-record.ts'
import { threatProtectionOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { queueActivity } from '../../protection/activity/activity-log.ts'
import type { AuthEventFeedback } from '../../protection/auth-event.ts'
import { type AuthEventKey, findAuthEvent, setFeedback } from '../../protection/auth-event-repository.ts'
import type { Tx } from '../../storage/db.ts'
import { storeUser } from '../attribute-changes.ts'
import { nextSignOut, type User } from '../user.ts'
import { lockUser } from '../user-repository.ts'

type FeedbackInput = Pick<AuthEventFeedback, 'value' | 'provider' | 'at'> & {
  /** False where the feedback may come from a stranger who has the user's unverified address. It is only stored then. */
  readonly mayEndSessions: boolean
}

/** `sinks`: where the event goes once more, now with its feedback. The caller asks `activityLog.findSinks` before the transaction. */
type FeedbackTargets = { readonly pool: Pool; readonly sinks: readonly LogSink[] }

/** The user before and after the feedback. Both are the same where the feedback did nothing beside being stored. */
export type FeedbackResult = { readonly before: User; readonly after: User }

/**
 * Stores feedback in place of earlier feedback. In pools with the setting `SIGN_OUT_AND_RESET`, the first feedback `Invalid` on the event also
 * ends all sessions of the user, and demands a new password. Later feedback does not undo that.
 *
 * @throws ApiError ResourceNotFoundException when the user has no such event
 */
export async function giveFeedback(
  tx: Tx,
  { pool, sinks }: FeedbackTargets,
  key: AuthEventKey,
  { mayEndSessions, ...feedback }: FeedbackInput,
): Promise<FeedbackResult> {
  // Locked, so that of two calls at the same time one ends the sessions.
  const before = await lockUser(tx, pool.id, key.sub)
  const event = await findAuthEvent(tx, key)
  if (before === undefined || event === undefined) throw eventNotFound()
  const hasEndedSessions = event.feedback?.hasEndedSessions === true
  const isActing = mayEndSessions && threatProtectionOf(pool).invalidFeedback === 'SIGN_OUT_AND_RESET'
  const endsSessions = isActing && feedback.value === 'Invalid' && !hasEndedSessions
  await setFeedback(tx, key, { ...feedback, ...((hasEndedSessions || endsSessions) && { hasEndedSessions: true }) })
  await queueActivity(tx, sinks, { ...event, feedback }, feedback.at)
  if (!endsSessions) return { before, after: before }
  const after = signedOutAndReset(before, feedback.at)
  await storeUser(tx, pool, before, after)
  return { before, after }
}

/**
 * The user without sessions, who has to set a new password before the next sign-in. A user without a password, and one whose password is
 * temporary, is only signed out.
 */
export function signedOutAndReset(user: User, now: number): User {
  const status = user.password !== null && user.status === 'CONFIRMED' ? 'RESET_REQUIRED' : user.status
  return { ...user, status, signedOutAt: nextSignOut(user, now), updatedAt: now }
}

export const eventNotFound = (): ApiError => new ApiError('ResourceNotFoundException', 'Authentication event not found.')
