import type { AppClient } from '../../pools/app-client.ts'
import type { Pool } from '../../pools/pool.ts'
import { type PasswordScreening, stolenPassword } from '../../protection/breached-passwords/password-screening.ts'
import { type AuthEventDeps, type AuthEventInput, recordAuthEvent } from '../../protection/record-auth-event.ts'
import type { User } from '../user.ts'
import type { Passwords } from './passwords.ts'

type Deps = AuthEventDeps & { readonly passwordScreening: PasswordScreening }
type Where = { readonly pool: Pool; readonly client: AppClient }

/**
 * Screens the password that a user has chosen in place of the present one. A refusal is recorded in the history of the user. Returns
 * whether the password is stolen; undefined where it was not looked up.
 *
 * @throws ApiError InvalidPasswordException when it is stolen and must not be used
 * @throws ApiError TooManyRequestsException when it could not be looked up, and the pool refuses such passwords
 */
export async function screenNewPassword(
  deps: Deps,
  where: Where,
  event: Omit<AuthEventInput, 'response' | 'isCompromised'>,
  password: string,
): Promise<boolean | undefined> {
  const { isCompromised, isBlocked } = await deps.passwordScreening.screen(where, 'PASSWORD_CHANGE', password)
  if (!isBlocked) return isCompromised
  await recordAuthEvent(deps, where.pool, { ...event, response: 'Fail', isCompromised })
  throw stolenPassword()
}

/**
 * A user who has to reset the password may have to because it is stolen. Where sign-ins with stolen passwords are blocked, the reset must
 * not set the same password again, whatever the lists of stolen passwords answer now.
 *
 * @throws ApiError InvalidPasswordException when it is the same password
 */
export async function requireOtherPassword(
  { passwordScreening, passwords }: { readonly passwordScreening: PasswordScreening; readonly passwords: Passwords },
  where: Where,
  user: User,
  password: string,
): Promise<void> {
  if (user.status !== 'RESET_REQUIRED' || user.password === null) return
  if (!(await passwordScreening.blocks(where, 'SIGN_IN'))) return
  if (await passwords.matches(where.pool, user, user.password, password)) throw stolenPassword()
}
