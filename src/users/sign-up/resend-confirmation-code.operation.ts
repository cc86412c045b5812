import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { chooseSignUpContact, type Delivery, writeDelivery } from '../../messaging/destination.ts'
import { type MessageContent, simulateRendering } from '../../messaging/message-content.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueSignUpCode } from '../../messaging/send-code.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import { findClaimedUser, unknownUser } from '../claimed-user.ts'
import { simulateSendCode } from '../decoy-code.ts'
import { renderMessageTo } from '../render-user-message.ts'
import { type Bearer, shownSignUp } from '../shown-address.ts'
import type { User } from '../user.ts'
import { lockUser } from '../user-repository.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; outbox: Outbox; publicUrl: string; triggers: Triggers }

/** Sends a new user a fresh code; the one before is worth nothing from then on. */
export const resendConfirmationCode = operation('ResendConfirmationCode', {
  auth: 'app-client',

  async handle(request, deps: Deps, caller: AppClientCaller, from) {
    const { pool, client } = caller
    if (pool.autoVerifiedAttributes.length === 0) throw cannotResend()
    const { user, known, hidden } = await findClaimedUser(deps, caller, request.Username, 'ResendConfirmationCode')
    const contact = user && chooseSignUpContact(pool, user.attributes)
    const bearer = { name: request.Username, user: known, now: deps.clock.now() }
    // Made up for users as well: it takes a moment.
    const shown = hidden ? shownSignUp(deps.secrets, pool, bearer) : undefined
    if (user === undefined || (hidden && (user.status !== 'UNCONFIRMED' || contact === undefined))) {
      if (shown === undefined) throw cannotResend()
      await pretendToSend(deps, pool, bearer, shown)
      return { CodeDeliveryDetails: writeDelivery(shown) }
    }
    requireUnconfirmed(user)
    if (contact === undefined) throw cannotResend()
    const callerContext = callerContextOf(client, from, request.ClientMetadata)
    const messageContent = await renderMessageTo(deps.triggers, {
      pool,
      user,
      attributes: [contact.attribute],
      kind: 'resend',
      callerContext,
    })
    const delivery = await sendCode(deps, pool, client.id, user.sub, messageContent)
    await deps.outbox.afterCommit(pool, hidden ? [] : [delivery])
    return { CodeDeliveryDetails: writeDelivery(delivery) }
  },
})

async function sendCode(
  { db, clock, secrets, publicUrl }: Deps,
  pool: Pool,
  clientId: string,
  sub: string,
  messageContent: MessageContent,
): Promise<Delivery> {
  return db.transaction().execute(async (tx) => {
    const user = await lockUser(tx, pool.id, sub)
    if (user === undefined) throw unknownUser()
    requireUnconfirmed(user)
    const delivery = await queueSignUpCode(
      tx,
      { secrets, publicUrl },
      { pool, clientId, user, kind: 'resend', messageContent, now: clock.now() },
    )
    if (delivery === undefined) throw cannotResend()
    return delivery
  })
}

/** Does for a user who does not exist, or is no longer new, what is done for a new one, by comparable work. */
async function pretendToSend(deps: Deps, pool: Pool, { name: username, now }: Bearer, { attribute }: Delivery): Promise<void> {
  await simulateRendering(deps.triggers, pool, attribute)
  await simulateSendCode(deps, pool, { username, attribute, kind: 'resend', now })
  await deps.outbox.afterCommit(pool, [])
}

function requireUnconfirmed({ status }: User): void {
  if (status !== 'UNCONFIRMED') throw new ApiError('InvalidParameterException', 'User is already confirmed.')
}

function cannotResend(): ApiError {
  return new ApiError('InvalidParameterException', 'Cannot resend codes. Auto verification not turned on.')
}
