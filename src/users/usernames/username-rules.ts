import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { isTestUser } from '../../messaging/test-user-code.ts'
import { usernamesOf } from '../../pools/extensions/pool-extensions.ts'
import { nameKey, type Pool } from '../../pools/pool.ts'
import { identitiesOf } from '../linked-identities/linked-identity.ts'
import type { User } from '../user.ts'
import { nameNewUser } from '../user-names.ts'

/** Refuses the call in a pool whose usernames cannot be changed by administrators, whoever the user is. */
export function requireChangeableByAdministrators(pool: Pool): void {
  requireChosenUsernames(pool, 'AdminUpdateUserAttributes')
  if (usernamesOf(pool).changeableBy !== 'NOBODY') return
  throw invalidParameter(
    'Usernames cannot be changed in this user pool. SetUserPoolExtensions allows it, with Usernames.ChangeableBy ADMINISTRATORS or USERS.',
  )
}

/** Refuses the call in a pool whose users cannot change their usernames. */
export function requireChangeableByUsers(pool: Pool): void {
  requireChosenUsernames(pool, 'UpdateUserAttributes')
  if (usernamesOf(pool).changeableBy === 'USERS') return
  throw new ApiError('NotAuthorizedException', 'Users cannot change their usernames in this user pool.')
}

/** Where users sign in with an address, the username is a fixed id. */
function requireChosenUsernames({ usernameAttributes }: Pool, operation: string): void {
  if (usernameAttributes.length === 0) return
  throw invalidParameter(
    `Users of this user pool sign in with ${usernameAttributes.join(' or ')}, and the username is a fixed id. ` +
      `Change the attribute with ${operation}.`,
  )
}

/**
 * The new username as it is stored. The rules are those for the username of a new user.
 *
 * @throws ApiError InvalidParameterException when the pool does not allow the name, or the user's username comes from an identity provider
 */
export function readNewUsername(pool: Pool, user: User, typed: string): string {
  if (user.status === 'EXTERNAL_PROVIDER' || identitiesOf(user.attributes).some(({ primary }) => primary)) {
    throw invalidParameter('The user came from an identity provider, whose name and user id are the username. It cannot be changed.')
  }
  const { username } = nameNewUser(pool, { sub: user.sub, username: typed, attributes: {} })
  if (nameKey(pool, username) === user.sub) throw invalidParameter('NewUsername cannot be the sub of the user.')
  return username
}

/**
 * The code of a test user is no secret. A user who could become one would verify addresses of others with it. So only administrators rename
 * test users, or make a user one of them.
 */
export function requireNoTestUser(pool: Pool, user: User, username: string): void {
  if (!isTestUser(pool, user) && !isTestUser(pool, { ...user, username })) return
  throw invalidParameter('Only an administrator changes the username of a test user, or gives a user the name of one.')
}
