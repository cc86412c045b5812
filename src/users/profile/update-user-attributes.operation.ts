import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { writeDelivery } from '../../messaging/wire.ts'
import { readAttributes } from '../../pools/attribute-wire.ts'
import { limitAttempts } from '../../protection/attempt-limit.ts'
import type { Db } from '../../storage/db.ts'
import { planAttributeChanges, storeAttributeChanges } from '../attribute-changes.ts'
import type { TokenCaller } from '../caller.ts'
import { requireNoMessageTrigger } from '../message-triggers.ts'
import { requireFreeNames } from '../taken-names.ts'
import { changeAttributes } from '../user.ts'
import { lockCaller, requireAllowedChanges } from './profile-rules.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; outbox: { wake(): void } }

/** A signed-in user changes their attributes, all of them or none. ClientMetadata concerns triggers only. */
export const updateUserAttributes = operation('UpdateUserAttributes', {
  auth: 'access-token',

  async handle(request, { db, clock, secrets, outbox }: Deps, { pool, client, user }: TokenCaller) {
    const now = clock.now()
    const changes = readAttributes(request.UserAttributes)
    requireAllowedChanges(pool, client, user.attributes, changes)
    const { toVerify } = planAttributeChanges(pool, user.attributes, changes)
    // An address that has to wait for its proof must be free already, or the proof would be asked for in vain.
    await requireFreeNames(db, pool, user, changeAttributes(user.attributes, changes))
    for (const { attribute } of toVerify) requireNoMessageTrigger(pool, attribute)
    if (toVerify.length > 0) await limitAttempts(db, pool.id, user.sub, 'UpdateUserAttributes', now)

    const deliveries = await db.transaction().execute(async (tx) => {
      const locked = await lockCaller(tx, user)
      return storeAttributeChanges(tx, secrets, { pool, user: locked, changes, now })
    })
    if (deliveries.length > 0) outbox.wake()
    return { CodeDeliveryDetailsList: deliveries.map(writeDelivery) }
  },
})
