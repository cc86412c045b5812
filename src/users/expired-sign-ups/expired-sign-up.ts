import { hourMs } from '../../base/durations.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { User } from '../user.ts'

/** Whoever signed up at this moment or before, and is not confirmed yet, is forgotten. Undefined in pools that forget nobody. */
export function expiredSignUpsSince(pool: Pick<Pool, 'extensions'>, now: number): number | undefined {
  const hours = extensionsOf(pool).signUp.unconfirmedLifetimeHours
  return hours === undefined ? undefined : now - hours * hourMs
}

/**
 * Whether somebody signed up and let the time pass that the pool gives them to confirm. It never applies to others: only SignUp makes
 * users who are UNCONFIRMED. Nor to somebody whom an administrator has disabled, who would be back as soon as they were forgotten.
 */
export function isExpiredSignUp(
  pool: Pick<Pool, 'extensions'>,
  user: Pick<User, 'status' | 'enabled' | 'createdAt'>,
  now: number,
): boolean {
  const since = expiredSignUpsSince(pool, now)
  return since !== undefined && user.status === 'UNCONFIRMED' && user.enabled && user.createdAt <= since
}
