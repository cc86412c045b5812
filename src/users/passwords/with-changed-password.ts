import { endsSessionsOnPasswordChange } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { nextSignOut, type User } from '../user.ts'

/**
 * The user with a changed password, or with one that no longer works. In a pool with `Sessions.EndOnPasswordChange` the user is signed out
 * everywhere as well: somebody else may have signed in with the old password.
 */
export function withChangedPassword(pool: Pool, user: User, changes: Partial<User>, now: number): User {
  const signedOutAt = endsSessionsOnPasswordChange(pool) ? nextSignOut(user, now) : user.signedOutAt
  return { ...user, ...changes, signedOutAt, updatedAt: now }
}
