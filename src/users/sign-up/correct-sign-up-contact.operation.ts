import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { chooseSignUpContact, type Delivery, writeDelivery } from '../../messaging/destination.ts'
import type { MessageContent } from '../../messaging/message-content.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueSignUpCode } from '../../messaging/send-code.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { consumeState } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import { callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import { storeUser } from '../attribute-changes.ts'
import { findClaimedUser } from '../claimed-user.ts'
import { renderMessageTo } from '../render-user-message.ts'
import { requireFreeNames } from '../taken-names.ts'
import { lockUser } from '../user-repository.ts'
import {
  type Correction,
  correctContact,
  invalidSession,
  openCorrection,
  requireCorrectionAllowed,
  requireSameNewcomer,
} from './correction-rules.ts'
import { newNewcomerSession, type SignUpSession } from './sign-up-session.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; outbox: Outbox; publicUrl: string; triggers: Triggers }

/**
 * Lifeguard's own: somebody who has just signed up, and mistyped where the code was to go, says it again. The Session of their SignUp
 * proves who they are. The code that went to the wrong address is worth nothing from then on.
 */
export const correctSignUpContact = operation('CorrectSignUpContact', {
  auth: 'app-client',

  async handle(request, deps: Deps, caller: AppClientCaller, from) {
    const { db, clock, secrets, outbox, triggers } = deps
    const { pool, client } = caller
    requireCorrectionAllowed(pool)
    const claim = await findClaimedUser(deps, caller, request.Username, 'CorrectSignUpContact')
    const now = clock.now()
    const { session, user } = openCorrection(secrets, client, claim.user, request.Session, now)
    const correction = { attribute: request.AttributeName, value: request.Value }
    const corrected = correctContact(caller, user, correction, now)
    await requireFreeNames(db, pool, user, corrected.attributes, now)

    const callerContext = callerContextOf(client, from, undefined)
    const attributes = [chooseSignUpContact(pool, corrected.attributes)?.attribute ?? request.AttributeName]
    const messageContent = await renderMessageTo(triggers, { pool, user: corrected, attributes, kind: 'resend', callerContext })
    const delivery = await storeCorrection(deps, caller, { session, correction, messageContent, now })
    await outbox.afterCommit(pool, delivery ? [delivery] : [])
    return {
      CodeDeliveryDetails: delivery && writeDelivery(delivery),
      Session: newNewcomerSession(secrets, pool, client, corrected, now),
    }
  },
})

type Storing = {
  readonly session: SignUpSession
  readonly correction: Correction
  readonly messageContent: MessageContent
  readonly now: number
}

/** Of all that a Session could be used for at once, one thing happens. */
async function storeCorrection(
  { db, secrets, publicUrl }: Deps,
  { pool, client }: AppClientCaller,
  { session, correction, messageContent, now }: Storing,
): Promise<Delivery | undefined> {
  return db.transaction().execute(async (tx) => {
    const before = await lockUser(tx, pool.id, session.sub)
    requireSameNewcomer(session, before)
    if (!(await consumeState(tx, session.id, session.expiresAt))) throw invalidSession()
    const user = correctContact({ pool, client }, before, correction, now)
    await storeUser(tx, pool, before, user)
    return queueSignUpCode(tx, { secrets, publicUrl }, { pool, clientId: client.id, user, kind: 'resend', messageContent, now })
  })
}
