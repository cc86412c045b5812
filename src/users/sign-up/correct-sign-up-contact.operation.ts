import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
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

type Deps = { db: Db; clock: Clock; secrets: Secrets; outbox: Outbox; publicUrl: string; triggers: Triggers }

/**
 * Lifeguard's own operation: a new user corrects the mistyped address that the code went to, and gets another code. The Session of SignUp
 * proves who the user is. The earlier code no longer works.
 */
export const correctSignUpContact = operation('CorrectSignUpContact', {
  auth: 'app-client',

  async handle(request, deps: Deps, caller: AppClientCaller, from) {
    const { db, clock, secrets, publicUrl, outbox, triggers } = deps
    const { pool, client } = caller
    requireCorrectionAllowed(pool)
    const { user } = await findClaimedUser(deps, caller, { username: request.Username, action: 'CorrectSignUpContact' })
    const now = clock.now()
    const session = readSignUpSession(secrets, client, request.Session)
    if (session === undefined) throw invalidSession()
    requireUnchangedUser(session, user)
    if (session.expiresAt <= now) throw expiredSession()
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
      if (!(await consumeState(tx, session.id, session.expiresAt))) throw invalidSession()
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
  },
})
