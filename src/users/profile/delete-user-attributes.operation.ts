import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import { presentName } from '../../pools/attribute-rules.ts'
import type { Db } from '../../storage/db.ts'
import { callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import { type AccountNoticeDeps, queueAddressNotices, sendAccountNotices } from '../account-notices/queue-account-notice.ts'
import { planAttributeChanges, storeAttributeChanges } from '../attribute-changes.ts'
import type { SessionCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import { renderAddressCodes, requireAttributesAsSeen, runPreUpdateUserAttributes } from '../user-triggers.ts'
import { requireAllowedChanges, requireKnownNames, requireWritable } from './profile-rules.ts'

type Deps = AccountNoticeDeps & { db: Db; clock: Clock; triggers: Triggers }

/** A signed-in user deletes attributes; UpdateUserAttributes does the same with empty values. */
export const deleteUserAttributes = operation('DeleteUserAttributes', {
  auth: 'access-token',

  async handle(request, deps: Deps, { pool, client, user, sessionId }: SessionCaller, { userAgent }) {
    const { db, clock, secrets, triggers } = deps
    const names = request.UserAttributeNames.map((name) => presentName(pool, name))
    requireWritable(pool, client, names)
    requireKnownNames(pool, names)
    const changes = Object.fromEntries(names.map((name) => [name, '']))
    requireAllowedChanges(pool, client, user.attributes, changes)
    const callerContext = callerContextOf(client, { userAgent }, undefined)
    await runPreUpdateUserAttributes(triggers, { pool, user, operation: 'DeleteUserAttributes', changes, callerContext })
    // A deleted address gets no code.
    const messageContent = await renderAddressCodes(triggers, { pool, user, toVerify: [], callerContext })
    const now = clock.now()
    await db.transaction().execute(async (tx) => {
      const locked = await lockCaller(tx, { user, sessionId })
      requireAttributesAsSeen(pool, 'PreUpdateUserAttributes', user, locked)
      await storeAttributeChanges(tx, secrets, { pool, user: locked, changes, messageContent, now })
      const { attributes: after } = planAttributeChanges(pool, locked.attributes, changes)
      await queueAddressNotices(tx, deps, { pool, user: locked, after, clientId: client.id, now })
    })
    await sendAccountNotices(deps, pool)
    return {}
  },
})
