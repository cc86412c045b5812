import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { chooseSignUpContact, type Delivery, writeDelivery } from '../../messaging/destination.ts'
import { type MessageContent, simulateRendering } from '../../messaging/message-content.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueSignUpCode } from '../../messaging/send-code.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { readReturnUrl } from '../../pools/client-extensions/confirmation-links.ts'
import { hidesSignUps } from '../../pools/hidden-sign-ups.ts'
import type { Pool } from '../../pools/pool.ts'
import { type AuthEventDeps, recordOrSimulateAuthEvent } from '../../protection/record-auth-event.ts'
import { contextFromClient } from '../../protection/user-context.ts'
import type { Db } from '../../storage/db.ts'
import { callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import { findClaimedUser, unknownUser } from '../claimed-user.ts'
import { simulateSendCode } from '../decoy-code.ts'
import { type NamedUser, shownSignUpDelivery } from '../shown-address.ts'
import type { User } from '../user.ts'
import { lockUser } from '../user-repository.ts'
import { renderMessageTo } from '../user-triggers.ts'
import { findHiddenSignUpOf } from './hidden-sign-up.ts'

type Deps = AuthEventDeps & { db: Db; clock: Clock; secrets: Secrets; outbox: Outbox; publicUrl: string; triggers: Triggers }

/** Sends a new user another code. The earlier code no longer works. */
export const resendConfirmationCode = operation('ResendConfirmationCode', {
  auth: 'app-client',

  async handle(request, deps: Deps, caller: AppClientCaller, from) {
    const { pool, client } = caller
    const { Username: name } = request
    if (pool.autoVerifiedAttributes.length === 0) throw cannotResend()
    const returnUrl = readReturnUrl(client, request.ClientMetadata)
    const { user, known, hidden } = await findClaimedUser(deps, caller, { username: name, action: 'ResendConfirmationCode' })
    const contact = user && chooseSignUpContact(pool, user.attributes)
    const now = deps.clock.now()
    const named = { name, user: known, now }
    const context = contextFromClient(from, { pool, client, username: name, now }, request.UserContextData)
    const event = { type: 'ResendCode', response: 'Pass', context, now, clientId: client.id } as const
    // The shown address is computed for existing users as well: otherwise the time that this takes would reveal which users exist.
    const remembered = hidesSignUps(caller) ? await findHiddenSignUpOf(deps, pool, name, now) : undefined
    const shown = hidden ? shownSignUpDelivery(deps.secrets, pool, named, remembered) : undefined
    if (user === undefined || (hidden && (user.status !== 'UNCONFIRMED' || contact === undefined))) {
      if (shown === undefined) throw cannotResend()
      await simulateResend(deps, pool, named, shown)
      await recordOrSimulateAuthEvent(deps, pool, { ...event, sub: undefined })
      return { CodeDeliveryDetails: writeDelivery(shown) }
    }
    requireUnconfirmed(user)
    if (contact === undefined) throw cannotResend()
    const callerContext = callerContextOf(client, from, request.ClientMetadata)
    const message = { pool, user, attributes: [contact.attribute], kind: 'resend', callerContext } as const
    const delivery = await resend(deps, caller, user.sub, { messageContent: await renderMessageTo(deps.triggers, message), returnUrl })
    await deps.outbox.afterCommit(pool, hidden ? [] : [delivery])
    await recordOrSimulateAuthEvent(deps, pool, { ...event, sub: user.sub })
    return { CodeDeliveryDetails: writeDelivery(delivery) }
  },
})

async function resend(
  { db, clock, secrets, publicUrl }: Deps,
  { pool, client }: AppClientCaller,
  sub: string,
  { messageContent, returnUrl }: { readonly messageContent: MessageContent; readonly returnUrl: string | undefined },
): Promise<Delivery> {
  return db.transaction().execute(async (tx) => {
    const user = await lockUser(tx, pool.id, sub)
    if (user === undefined) throw unknownUser()
    requireUnconfirmed(user)
    const code = { pool, clientId: client.id, returnUrl, user, kind: 'resend', messageContent, now: clock.now() } as const
    const delivery = await queueSignUpCode(tx, { secrets, publicUrl }, code)
    if (delivery === undefined) throw cannotResend()
    return delivery
  })
}

/** Takes as long as `resend` with its message, for a name that no user has, or whose user gets no code. */
async function simulateResend(deps: Deps, pool: Pool, { name: username, now }: NamedUser, { attribute }: Delivery): Promise<void> {
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
