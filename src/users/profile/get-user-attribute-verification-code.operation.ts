import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { writeDelivery } from '../../messaging/destination.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueAttributeCode } from '../../messaging/send-code.ts'
import { limitAttempts } from '../../protection/attempt-limit.ts'
import type { Db } from '../../storage/db.ts'
import { callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import type { SessionCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import { renderMessageTo } from '../user-triggers.ts'
import { getAddressToVerify, requireContactAttribute } from './address-to-verify.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; outbox: Outbox; triggers: Triggers }

/** Sends a signed-in user a code to the address that waits for its verification, otherwise to the current one. */
export const getUserAttributeVerificationCode = operation('GetUserAttributeVerificationCode', {
  auth: 'access-token',

  async handle(request, { db, clock, secrets, outbox, triggers }: Deps, { pool, client, user, sessionId }: SessionCaller, { userAgent }) {
    const now = clock.now()
    const attribute = requireContactAttribute(request.AttributeName)
    await limitAttempts(db, { poolId: pool.id, subject: user.sub, action: 'GetUserAttributeVerificationCode' }, now)
    const callerContext = callerContextOf(client, { userAgent }, request.ClientMetadata)
    const messageContent = await renderMessageTo(triggers, { pool, user, attributes: [attribute], kind: 'verify-attribute', callerContext })
    const delivery = await db.transaction().execute(async (tx) => {
      const locked = await lockCaller(tx, { user, sessionId })
      const value = await getAddressToVerify(tx, { pool, client }, locked, { attribute, now })
      return queueAttributeCode(tx, secrets, { pool, user: locked, attribute, value, kind: 'verify-attribute', messageContent, now })
    })
    await outbox.afterCommit(pool, [delivery])
    return { CodeDeliveryDetails: writeDelivery(delivery) }
  },
})
