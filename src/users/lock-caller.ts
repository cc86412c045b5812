import { ApiError } from '../contract/api-error.ts'
import type { Tx } from '../storage/db.ts'
import { accessTokenRevoked, type SessionCaller } from './caller.ts'
import { isSessionRevoked } from './caller-session-repository.ts'
import { isSamePassword } from './security-stamp.ts'
import type { User } from './user.ts'
import { lockUser } from './user-repository.ts'

/** The user as read when the token was checked, and the session of the token. */
export type CheckedCaller = Pick<SessionCaller, 'user' | 'sessionId'>

/**
 * Locks the user of the access token. Refuses the request if the token was revoked after it had been checked: a trigger function, the hash of
 * a password or another request may have taken its time.
 * @throws ApiError UserNotFoundException when the user was deleted since the token was checked
 * @throws ApiError NotAuthorizedException when the user was signed out everywhere since then, the session of the token was revoked, or the
 *   password of a user of the hosted pages was changed
 */
export async function lockCaller(tx: Tx, caller: CheckedCaller): Promise<User> {
  const { poolId, sub } = caller.user
  return requireNotRevoked(tx, await lockUser(tx, poolId, sub), caller)
}

/** Returns `locked`, the user as read under the lock. Throws as `lockCaller` does. */
export async function requireNotRevoked(tx: Tx, locked: User | undefined, { user, sessionId }: CheckedCaller): Promise<User> {
  if (locked === undefined) throw new ApiError('UserNotFoundException', 'User does not exist.')
  if (locked.signedOutAt !== user.signedOutAt) throw accessTokenRevoked()
  // Sessions of the hosted pages have no row. A new password ends them.
  if (sessionId === undefined) {
    if (!isSamePassword(locked, user)) throw accessTokenRevoked()
    return locked
  }
  const { poolId, sub } = user
  if (await isSessionRevoked(tx, { poolId, sub, id: sessionId })) throw accessTokenRevoked()
  return locked
}
