import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { requireRequiredAttributes } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { CallerContext, Triggers } from '../../triggers/trigger.ts'
import { nonMutable, planAttributeChanges, requireMutableAttributes, storeAttributeChanges } from '../attribute-changes.ts'
import { renderChanges } from '../render-user-message.ts'
import { requireFreeNames } from '../taken-names.ts'
import { type Attributes, changeAttributes } from '../user.ts'
import { getUserByName } from '../user-repository.ts'
import { getLockedUser } from './change-user.ts'

export type ChangeAttributesDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly outbox: Outbox
  readonly triggers: Triggers
}

/**
 * Changes a user's attributes on behalf of an administrator, all of them or none; the names are known and the values checked.
 * Addresses that the pool verifies get a code unless the changes vouch for them. Throws InvalidParameterException,
 * UserNotFoundException and AliasExistsException.
 */
export async function changeAttributesOf(
  { db, clock, secrets, outbox, triggers }: ChangeAttributesDeps,
  pool: Pool,
  username: string,
  changes: Attributes,
  callerContext: CallerContext,
): Promise<void> {
  requireChangeable(pool, changes)
  const found = await getUserByName(db, pool, username)
  const { toVerify } = planAttributeChanges(pool, found.attributes, changes)
  // Also an address that has to wait for its proof must be free, or the proof would be asked for in vain.
  await requireFreeNames(db, pool, found, changeAttributes(found.attributes, changes), clock.now())
  const messageContent = await renderChanges(triggers, { pool, user: found, toVerify, callerContext })

  const deliveries = await db.transaction().execute(async (tx) => {
    const user = await getLockedUser(tx, found)
    return storeAttributeChanges(tx, secrets, { pool, user, changes, messageContent, now: clock.now() })
  })
  if (deliveries.length > 0) await outbox.afterCommit(pool, deliveries)
}

/**
 * What the pool requires cannot be taken away. Something required that the user never had does not stand in the way of other
 * changes, though: those whom an administrator created may have yet to supply it.
 */
function requireChangeable(pool: Pool, changes: Attributes): void {
  if (Object.hasOwn(changes, 'sub')) throw nonMutable('sub')
  requireMutableAttributes(pool, changes)
  requireRequiredAttributes({ schema: pool.schema.filter(({ name }) => Object.hasOwn(changes, name)) }, changes)
}
