import { endsSessionsOnPasswordChange } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { nextSignOut, type User } from '../user.ts'

/**
 * The user with a changed password, or with one that no longer works. Where the pool wants that, the user is signed out everywhere as well:
 * whoever knew the old password may have a session.
 */
export function withChangedPassword(pool: Pool, user: User, changes: Partial<User>, now: number): User {
  const signedOutAt = endsSessionsOnPasswordChange(pool) ? nextSignOut(user, now) : user.signedOutAt
  return { ...user, ...changes, signedOutAt, updatedAt: now }
}
