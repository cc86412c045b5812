import type { AuditedCall } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { requireRequiredAttributes } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { UpdatingOperation } from '../../triggers/pre-update-user-attributes.ts'
import type { CallerContext, Triggers } from '../../triggers/trigger.ts'
import { nonMutable, planAttributeChanges, requireMutableAttributes, storeAttributeChanges } from '../attribute-changes.ts'
import { type Attributes, changeAttributes } from '../user.ts'
import { requireFreeNames } from '../user-names.ts'
import { getUserByName } from '../user-repository.ts'
import { renderAddressCodes, requireAttributesAsSeen, runPreUpdateUserAttributes } from '../user-triggers.ts'
import { getLockedUser } from './change-user.ts'

export type ChangeAttributesDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly outbox: Outbox
  readonly triggers: Triggers
}

type AttributesRequest = {
  readonly operation: UpdatingOperation
  readonly changes: Attributes
  readonly callerContext: CallerContext
}

/**
 * Makes all of an administrator's changes to a user's attributes, or none. The caller has checked the names and values. A new address that
 * the pool verifies gets a code unless the changes say that it is verified.
 *
 * @throws ApiError UserNotFoundException when no user has the name
 * @throws ApiError InvalidParameterException when an attribute is immutable or required, or the change breaks another rule
 * @throws ApiError AliasExistsException when a new name belongs to another user
 */
export async function changeAttributesOf(
  { db, clock, secrets, outbox, triggers, audit }: ChangeAttributesDeps & { readonly audit: AuditedCall },
  pool: Pool,
  username: string,
  { operation, changes, callerContext }: AttributesRequest,
): Promise<void> {
  requireChangeable(pool, changes)
  const found = await getUserByName(db, pool, username)
  const { toVerify } = planAttributeChanges(pool, found.attributes, changes)
  // The check includes addresses that are stored only once they are verified: a code for an address of another user would be useless.
  await requireFreeNames({ db, clock }, pool, found, changeAttributes(found.attributes, changes))
  await runPreUpdateUserAttributes(triggers, { pool, user: found, operation, changes, callerContext })
  const messageContent = await renderAddressCodes(triggers, { pool, user: found, toVerify, callerContext })

  const deliveries = await db.transaction().execute(async (tx) => {
    const user = await getLockedUser(tx, found)
    requireAttributesAsSeen(pool, 'PreUpdateUserAttributes', found, user)
    return storeAttributeChanges(tx, secrets, { pool, user, changes, messageContent, now: clock.now(), audit })
  })
  if (deliveries.length > 0) await outbox.afterCommit(pool, deliveries)
}

/**
 * A required attribute cannot be removed. A required attribute that the user never had does not prevent other changes: a user that an
 * administrator created may still have to supply it.
 */
function requireChangeable(pool: Pool, changes: Attributes): void {
  if (Object.hasOwn(changes, 'sub')) throw nonMutable('sub')
  requireMutableAttributes(pool, changes)
  requireRequiredAttributes({ schema: pool.schema.filter(({ name }) => Object.hasOwn(changes, name)) }, changes)
}
