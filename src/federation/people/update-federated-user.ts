import type { Clock } from '../../base/clock.ts'
import { checkAttributes, requiredAttributeNames } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { changeFoundUser } from '../../users/admin/change-user.ts'
import { requireMutableAttributes } from '../../users/attribute-changes.ts'
import { type Attributes, changeAttributes, type User } from '../../users/user.ts'
import { FederationError } from '../federation-error.ts'

type Deps = { readonly db: Db; readonly clock: Clock }

/**
 * Brings the attributes of a user up to date with those of the provider. A user who has them already is not written.
 *
 * @throws FederationError when a required attribute would be cleared.
 * @throws ApiError InvalidParameterException when a value is not one that the pool allows, or the attribute cannot change.
 */
export async function updateFederatedUser({ db, clock }: Deps, pool: Pool, user: User, mapped: Attributes): Promise<User> {
  if (Object.keys(changesOf(user, mapped)).length === 0) return user
  return changeFoundUser({ db, audit: undefined }, pool, user, (before) => {
    const changes = changesOf(before, mapped)
    requireMutableAttributes(pool, changes)
    checkAttributes(pool, changes)
    const cleared = requiredAttributeNames(pool).find((name) => changes[name] === '')
    if (cleared !== undefined)
      throw new FederationError(`Invalid user attributes: ${cleared}: Required attribute cannot be deleted`, { reason: 'refused' })
    return { ...before, attributes: changeAttributes(before.attributes, changes), updatedAt: clock.now() }
  })
}

function changesOf({ attributes }: User, mapped: Attributes): Attributes {
  return Object.fromEntries(Object.entries(mapped).filter(([name, value]) => value !== (attributes[name] ?? '')))
}
