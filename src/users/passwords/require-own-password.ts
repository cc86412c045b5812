import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Lockout } from '../../protection/lockout.ts'
import type { User } from '../user.ts'
import type { Passwords } from './passwords.ts'

type Deps = { readonly lockout: Lockout; readonly passwords: Pick<Passwords, 'matches'> }

/**
 * Requires that a signed-in user knows the password. A wrong password counts towards the lockout: otherwise a stolen token would allow
 * guessing.
 * @throws ApiError NotAuthorizedException when `password` is not the user's
 */
export async function requireOwnPassword(
  { lockout, passwords }: Deps,
  pool: Pool,
  user: User,
  password: string,
  now: number,
): Promise<void> {
  const { proven } = await lockout.guard(user.poolId, user.sub, now, async () => {
    const matches = await passwords.matches(pool, user, user.password, password)
    return matches ? { proven: true, value: undefined } : { proven: false }
  })
  if (!proven) throw incorrectPassword()
}

export function incorrectPassword(): ApiError {
  return new ApiError('NotAuthorizedException', 'Incorrect username or password.')
}
