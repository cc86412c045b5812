import { ApiError } from '../../contract/api-error.ts'
import { findCode } from '../../messaging/code-repository.ts'
import type { AppClient } from '../../pools/app-client.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import { lockedAttributesOf } from '../self-service/self-service.ts'
import { isContactAttribute, type User } from '../user.ts'

/** Whose settings count. The client is undefined when an administrator asks for the code. */
type Owner = { readonly pool: Pool; readonly client: AppClient | undefined }

/** @throws ApiError InvalidParameterException for an attribute that is not an address */
export function requireContactAttribute(name: string): ContactAttribute {
  if (isContactAttribute(name)) return name
  throw new ApiError('InvalidParameterException', 'Only the attributes email and phone_number can be verified.')
}

/**
 * The address that a new code verifies: one that waits for its verification, otherwise the current one.
 * @throws ApiError InvalidParameterException when the user has neither
 */
export async function getAddressToVerify(
  tx: Tx,
  owner: Owner,
  user: User,
  { attribute, now }: { attribute: ContactAttribute; now: number },
): Promise<string> {
  const outstanding = await findCode(tx, { poolId: owner.pool.id, sub: user.sub, purpose: `verify-${attribute}` })
  const isValid = outstanding !== undefined && outstanding.expiresAt > now
  if (isValid && outstanding.value && isCurrentOrPending(owner, user, attribute, outstanding.value)) return outstanding.value
  const current = user.attributes[attribute]
  if (current) return current
  throw new ApiError('InvalidParameterException', `The user has no ${attribute} to verify.`)
}

/**
 * Whether a code for the address `value` is still of use: either the user has the address, or the pool verifies a new address before it
 * replaces the old one. An address that waits is of no use when users can no longer change it.
 */
export function isCurrentOrPending(owner: Owner, user: User, attribute: ContactAttribute, value: string): boolean {
  if (user.attributes[attribute] === value) return true
  return (owner.pool.verifyBeforeUpdate?.includes(attribute) ?? false) && !lockedAttributesOf(owner).has(attribute)
}
