import { ApiError } from '../../contract/api-error.ts'
import type { AppClient } from '../../pools/app-client.ts'
import {
  checkAttributes,
  isDeveloperOnly,
  isWritableByClients,
  requireRequiredAttributes,
  writableAttributes,
} from '../../pools/attribute-rules.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import { nonMutable, requireMutableAttributes } from '../attribute-changes.ts'
import { accessTokenRevoked } from '../caller.ts'
import { type Attributes, changeAttributes, isContactAttribute, type User } from '../user.ts'
import { lockUser } from '../user-repository.ts'

/**
 * Whether users may make these changes to themselves through this client: by permissions, schema, mutability and what the pool
 * requires. Throws InvalidParameterException and NotAuthorizedException.
 */
export function requireAllowedChanges(pool: Pool, client: AppClient, current: Attributes, changes: Attributes): void {
  requireWritable(pool, client, Object.keys(changes))
  checkAttributes(pool, changes)
  requireMutableAttributes(pool, changes)
  requireRequiredAttributes(pool, changeAttributes(current, changes))
}

/**
 * Comes before the schema: a client hears nothing about attributes that it may not write.
 * @throws ApiError InvalidParameterException for an attribute that only the server sets
 * @throws ApiError NotAuthorizedException for one that this client may not write
 */
export function requireWritable(pool: Pool, client: AppClient, names: readonly string[]): void {
  const vouchedFor = names.find((name) => !isWritableByClients(name) && !isDeveloperOnly(name))
  if (vouchedFor !== undefined) throw nonMutable(vouchedFor)
  if (!names.every(writableAttributes(pool, client))) {
    throw new ApiError('NotAuthorizedException', 'A client attempted to write unauthorized attribute')
  }
}

/** Throws InvalidParameterException when a name is not in the pool's schema: as the operations that delete word it. */
export function requireKnownNames(pool: Pool, names: readonly string[]): void {
  const known = new Set(pool.schema.map(({ name }) => name))
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length === 0) return
  const problems = unknown.map((name) => `user.${name}: Attribute does not exist in the schema.\n`).join('')
  throw new ApiError('InvalidParameterException', `Invalid user attributes: ${problems}`)
}

/** Throws InvalidParameterException for an attribute that no message can be sent to. */
export function requireContactAttribute(name: string): ContactAttribute {
  if (isContactAttribute(name)) return name
  throw new ApiError('InvalidParameterException', 'Only the attributes email and phone_number can be verified.')
}

/** Whether a code for this address still has a use: for the user's own, or one that the pool lets wait for its proof. */
export function isCurrentOrPending(pool: Pool, user: User, attribute: ContactAttribute, value: string): boolean {
  return user.attributes[attribute] === value || (pool.verifyBeforeUpdate?.includes(attribute) ?? false)
}

/**
 * The token's user as they are now, locked. Throws UserNotFoundException when they were deleted meanwhile, NotAuthorizedException when they
 * were signed out: what a token was accepted for before a sign-out is not done after it.
 */
export async function lockCaller(tx: Tx, user: User): Promise<User> {
  return requireSameStamp(await lockUser(tx, user.poolId, user.sub), user)
}

/** The caller as they are under a lock. Throws when they were deleted, or signed out everywhere, since their token was checked. */
export function requireSameStamp(locked: User | undefined, user: User): User {
  if (locked === undefined) throw deletedMeanwhile()
  if (locked.signedOutAt !== user.signedOutAt) throw accessTokenRevoked()
  return locked
}

function deletedMeanwhile(): ApiError {
  return new ApiError('UserNotFoundException', 'User does not exist.')
}
