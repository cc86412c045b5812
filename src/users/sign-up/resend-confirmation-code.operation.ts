import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Outbox } from '../../messaging/after-commit.ts'
import { chooseSignUpContact, type Delivery } from '../../messaging/destination.ts'
import { queueSignUpCode } from '../../messaging/send-code.ts'
import { simulateSignUpDelivery } from '../../messaging/simulated-delivery.ts'
import { writeDelivery } from '../../messaging/wire.ts'
import { pretendToWord, type Wording } from '../../messaging/wording.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { Triggers } from '../../triggers/trigger.ts'
import { findClaimedUser, unknownUser } from '../claimed-user.ts'
import { pretendToSendCode } from '../decoy-code.ts'
import { wordMessageTo } from '../message-wording.ts'
import type { User } from '../user.ts'
import { lockUser } from '../user-repository.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; outbox: Outbox; publicUrl: string; triggers: Triggers }

/** Sends a new user a fresh code; the one before is worth nothing from then on. */
export const resendConfirmationCode = operation('ResendConfirmationCode', {
  auth: 'app-client',

  async handle(request, deps: Deps, caller: AppClientCaller, from) {
    const { pool, client } = caller
    if (pool.autoVerifiedAttributes.length === 0) throw cannotResend()
    const { user, hidden } = await findClaimedUser(deps, caller, request.Username, 'ResendConfirmationCode')
    const contact = user && chooseSignUpContact(pool, user.attributes)
    if (user === undefined || (hidden && (user.status !== 'UNCONFIRMED' || contact === undefined))) {
      return { CodeDeliveryDetails: writeDelivery(await pretendToSend(deps, pool, request.Username)) }
    }
    requireUnconfirmed(user)
    if (contact === undefined) throw cannotResend()
    const occasion = { clientId: client.id, clientMetadata: request.ClientMetadata, userAgent: from.userAgent }
    const wording = await wordMessageTo(deps.triggers, { pool, user, attributes: [contact.attribute], kind: 'resend', occasion })
    const delivery = await sendCode(deps, pool, client.id, user.sub, wording)
    await deps.outbox.afterCommit(pool, hidden ? [] : [delivery])
    return { CodeDeliveryDetails: writeDelivery(delivery) }
  },
})

async function sendCode(
  { db, clock, secrets, publicUrl }: Deps,
  pool: Pool,
  clientId: string,
  sub: string,
  wording: Wording,
): Promise<Delivery> {
  return db.transaction().execute(async (tx) => {
    const user = await lockUser(tx, pool.id, sub)
    if (user === undefined) throw unknownUser()
    requireUnconfirmed(user)
    const delivery = await queueSignUpCode(tx, { secrets, publicUrl }, { pool, clientId, user, kind: 'resend', wording, now: clock.now() })
    if (delivery === undefined) throw cannotResend()
    return delivery
  })
}

/** Answers for somebody who does not exist, or is no longer new, as for somebody who is, by comparable work. */
async function pretendToSend(deps: Deps, pool: Pool, username: string): Promise<Delivery> {
  const delivery = simulateSignUpDelivery(deps.secrets, pool, username)
  if (delivery === undefined) throw cannotResend()
  await pretendToWord(deps.triggers, pool, delivery.attribute)
  await pretendToSendCode(deps, pool, { username, attribute: delivery.attribute, kind: 'resend', now: deps.clock.now() })
  await deps.outbox.afterCommit(pool, [])
  return delivery
}

function requireUnconfirmed({ status }: User): void {
  if (status !== 'UNCONFIRMED') throw new ApiError('InvalidParameterException', 'User is already confirmed.')
}

function cannotResend(): ApiError {
  return new ApiError('InvalidParameterException', 'Cannot resend codes. Auto verification not turned on.')
}
