import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Outbox } from '../../messaging/after-commit.ts'
import { findCode } from '../../messaging/code-repository.ts'
import { queueAttributeCode } from '../../messaging/send-code.ts'
import { writeDelivery } from '../../messaging/wire.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import { limitAttempts } from '../../protection/attempt-limit.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { Triggers } from '../../triggers/trigger.ts'
import type { TokenCaller } from '../caller.ts'
import { wordMessageTo } from '../message-wording.ts'
import type { User } from '../user.ts'
import { isCurrentOrPending, lockCaller, requireContactAttribute } from './profile-rules.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; outbox: Outbox; triggers: Triggers }

/** Sends a signed-in user a code to an address of theirs: the one that waits for its proof, if there is one, else the current one. */
export const getUserAttributeVerificationCode = operation('GetUserAttributeVerificationCode', {
  auth: 'access-token',

  async handle(request, { db, clock, secrets, outbox, triggers }: Deps, { pool, client, user }: TokenCaller, from) {
    const now = clock.now()
    const attribute = requireContactAttribute(request.AttributeName)
    await limitAttempts(db, pool.id, user.sub, 'GetUserAttributeVerificationCode', now)
    const occasion = { clientId: client.id, clientMetadata: request.ClientMetadata, userAgent: from.userAgent }
    const wording = await wordMessageTo(triggers, { pool, user, attributes: [attribute], kind: 'verify-attribute', occasion })
    const delivery = await db.transaction().execute(async (tx) => {
      const locked = await lockCaller(tx, user)
      const value = await addressToProve(tx, pool, locked, attribute, now)
      return queueAttributeCode(tx, secrets, { pool, user: locked, attribute, value, kind: 'verify-attribute', wording, now })
    })
    await outbox.afterCommit(pool, [delivery])
    return { CodeDeliveryDetails: writeDelivery(delivery) }
  },
})

async function addressToProve(tx: Tx, pool: Pool, user: User, attribute: ContactAttribute, now: number): Promise<string> {
  const outstanding = await findCode(tx, { poolId: pool.id, sub: user.sub, purpose: `verify-${attribute}` })
  const isAlive = outstanding !== undefined && outstanding.expiresAt > now
  if (isAlive && outstanding.value && isCurrentOrPending(pool, user, attribute, outstanding.value)) return outstanding.value
  const current = user.attributes[attribute]
  if (current) return current
  throw new ApiError('InvalidParameterException', `The user has no ${attribute} to verify.`)
}
