import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { CorrectSignUpContactRequest, CorrectSignUpContactResponse } from '../../contract/generated/types.ts'
import type { RequestContext } from '../../contract/operation.ts'
import { chooseSignUpContact, writeDelivery } from '../../messaging/destination.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueSignUpCode } from '../../messaging/send-code.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { consumeState } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import { callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import { storeUser } from '../attribute-changes.ts'
import { findClaimedUser } from '../claimed-user.ts'
import { requireFreeNames } from '../user-names.ts'
import { lockUser } from '../user-repository.ts'
import { renderMessageTo } from '../user-triggers.ts'
import { correctContact, expiredSession, invalidSession, requireCorrectionAllowed, requireUnchangedUser } from './correction-rules.ts'
import { newUnconfirmedSession, readSignUpSession } from './sign-up-session.ts'

export type CorrectContactDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly outbox: Outbox
  readonly publicUrl: string
  readonly triggers: Triggers
}

/** What stays the same in one call. With `sessionEndsAt` (epoch milliseconds) the caller vouches for the Session for longer. */
type Call = { readonly caller: AppClientCaller; readonly from: RequestContext; readonly sessionEndsAt?: number }

/**
 * A new user corrects the mistyped address that the code went to, and gets another code. The Session of SignUp proves who the user is. The
 * earlier code no longer works.
 *
 * @throws ApiError NotAuthorizedException when the Session is not this user's, was used, has expired, or the user was confirmed or changed
 * @throws ApiError InvalidParameterException when the pool does not allow corrections, and for an address that cannot be the user's
 * @throws ApiError UsernameExistsException when the address is the name of another user
 */
export async function correctContactOfSignUp(
  deps: CorrectContactDeps,
  { caller, from, sessionEndsAt = 0 }: Call,
  request: CorrectSignUpContactRequest,
): Promise<CorrectSignUpContactResponse> {
  const { db, clock, secrets, publicUrl, outbox, triggers } = deps
  const { pool, client } = caller
  requireCorrectionAllowed(pool)
  const { user } = await findClaimedUser(deps, caller, { username: request.Username, action: 'CorrectSignUpContact' })
  const now = clock.now()
  const session = readSignUpSession(secrets, client, request.Session)
  if (session === undefined) throw invalidSession()
  requireUnchangedUser(session, user)
  const expiresAt = Math.max(session.expiresAt, sessionEndsAt)
  if (expiresAt <= now) throw expiredSession()
  const correction = { attribute: request.AttributeName, value: request.Value }
  const corrected = correctContact(caller, user, correction, now)
  await requireFreeNames(deps, pool, user, corrected.attributes)

  const callerContext = callerContextOf(client, from, undefined)
  const attributes = [chooseSignUpContact(pool, corrected.attributes)?.attribute ?? request.AttributeName]
  const messageContent = await renderMessageTo(triggers, { pool, user: corrected, attributes, kind: 'resend', callerContext })
  const delivery = await db.transaction().execute(async (tx) => {
    const before = await lockUser(tx, pool.id, session.sub)
    requireUnchangedUser(session, before)
    // Concurrent requests may bring this `Session`, for a sign-in or for another correction: only one of them succeeds.
    if (!(await consumeState(tx, session.id, expiresAt))) throw invalidSession()
    const after = correctContact(caller, before, correction, now)
    await storeUser(tx, pool, before, after)
    const code = { pool, clientId: client.id, user: after, kind: 'resend', messageContent, now } as const
    return queueSignUpCode(tx, { secrets, publicUrl }, code)
  })
  await outbox.afterCommit(pool, delivery ? [delivery] : [])
  return {
    CodeDeliveryDetails: delivery && writeDelivery(delivery),
    Session: newUnconfirmedSession(secrets, caller, corrected, now),
  }
}
