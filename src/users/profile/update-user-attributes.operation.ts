import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import { writeDelivery } from '../../messaging/destination.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { readAttributes } from '../../pools/attribute-wire.ts'
import { requireUnreservedName } from '../../pools/identity-providers/reserved-names.ts'
import { limitAttempts } from '../../protection/attempt-limit.ts'
import type { Db } from '../../storage/db.ts'
import { callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import { type AccountNoticeDeps, queueAddressNotices, sendAccountNotices } from '../account-notices/queue-account-notice.ts'
import { planAttributeChanges, storeAttributeChanges } from '../attribute-changes.ts'
import type { SessionCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import { changeAttributes } from '../user.ts'
import { requireFreeNames } from '../user-names.ts'
import { renderAddressCodes, requireAttributesAsSeen, runPreUpdateUserAttributes } from '../user-triggers.ts'
import { requireAllowedChanges } from './profile-rules.ts'

type Deps = AccountNoticeDeps & { db: Db; clock: Clock; outbox: Outbox; triggers: Triggers }

/** A signed-in user changes their attributes. Either all changes are made or none. */
export const updateUserAttributes = operation('UpdateUserAttributes', {
  auth: 'access-token',

  async handle(request, deps: Deps, { pool, client, user, sessionId }: SessionCaller, { userAgent }) {
    const { db, clock, secrets, outbox, triggers } = deps
    const changes = readAttributes(pool, request.UserAttributes)
    requireAllowedChanges(pool, client, user.attributes, changes)
    const preferred = pool.aliasAttributes.includes('preferred_username') ? changes['preferred_username'] : undefined
    if (preferred && preferred !== user.attributes['preferred_username']) {
      await requireUnreservedName(db, pool, 'Preferred username', preferred)
    }
    const { toVerify } = planAttributeChanges(pool, user.attributes, changes)
    // The check includes a new address that still has to be verified: if another user has it, the user would verify it in vain.
    await requireFreeNames({ db, clock }, pool, user, changeAttributes(user.attributes, changes))
    if (toVerify.length > 0) await limitAttempts(db, { poolId: pool.id, subject: user.sub, action: 'UpdateUserAttributes' }, clock.now())

    const callerContext = callerContextOf(client, { userAgent }, request.ClientMetadata)
    await runPreUpdateUserAttributes(triggers, { pool, user, operation: 'UpdateUserAttributes', changes, callerContext })
    const messageContent = await renderAddressCodes(triggers, { pool, user, toVerify, callerContext })
    const now = clock.now()
    const deliveries = await db.transaction().execute(async (tx) => {
      const locked = await lockCaller(tx, { user, sessionId })
      requireAttributesAsSeen(pool, 'PreUpdateUserAttributes', user, locked)
      const stored = await storeAttributeChanges(tx, secrets, { pool, user: locked, changes, messageContent, now })
      const { attributes: after } = planAttributeChanges(pool, locked.attributes, changes)
      await queueAddressNotices(tx, deps, { pool, user: locked, after, clientId: client.id, now })
      return stored
    })
    await sendAccountNotices(deps, pool)
    if (deliveries.length > 0) await outbox.afterCommit(pool, deliveries)
    return { CodeDeliveryDetailsList: deliveries.map(writeDelivery) }
  },
})
