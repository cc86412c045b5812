import { ApiError } from '../../contract/api-error.ts'
import { checkAttributes } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import { nonMutable, requireAddressesOfFlags } from '../attribute-changes.ts'
import type { UserDraft } from '../create-user.ts'
import { requireStrongPassword } from '../passwords/password-policy.ts'
import { newTemporaryPassword } from '../passwords/temporary-password.ts'
import { type AliasKind, isContactAttribute } from '../user.ts'
import { type NewUserInput, nameNewUser, nameTaken } from '../user-names.ts'

/**
 * The name and attributes of a user that an administrator creates. An administrator may set every attribute but `sub`: also immutable and
 * developer-only ones, and the flags that say an address is verified.
 *
 * @throws ApiError InvalidParameterException when the pool does not allow the username or an attribute
 */
export function draftNewUser(pool: Pool, input: NewUserInput): Omit<UserDraft, 'createdAt'> {
  const named = nameNewUser(pool, input)
  if (Object.hasOwn(input.attributes, 'sub')) throw nonMutable('sub')
  checkAttributes(pool, named.attributes)
  // Unlike at sign-up, an address that came without a flag (such as `email_verified`) is stored without one (observed).
  const attributes = Object.fromEntries(Object.entries(named.attributes).filter(([, value]) => value !== ''))
  requireAddressesOfFlags(named.attributes, attributes)
  return { poolId: pool.id, sub: input.sub, username: named.username, attributes }
}

/**
 * The given password or a random one. Undefined in a pool whose users may sign in with codes: there, a user without a given password signs
 * in with a code.
 *
 * @throws ApiError InvalidPasswordException when the pool's policy does not allow the given password
 */
export function chooseTemporaryPassword(pool: Pool, given: string | undefined): string | undefined {
  if (given !== undefined) {
    requireStrongPassword(pool, given, 'set')
    return given
  }
  const signsInByCode = pool.allowedFirstFactors.some((factor) => factor === 'EMAIL_OTP' || factor === 'SMS_OTP')
  return signsInByCode ? undefined : newTemporaryPassword(pool.passwordPolicy)
}

/** The error for a taken name: UsernameExistsException for the username that was given, AliasExistsException for any other name. */
export function adminNameTaken(pool: Pool, taken: AliasKind): ApiError {
  if (taken === 'username') return new ApiError('UsernameExistsException', 'User account already exists')
  if (isContactAttribute(taken) && pool.usernameAttributes.includes(taken)) {
    return new ApiError('UsernameExistsException', `An account with the given ${taken} already exists.`)
  }
  return nameTaken(taken)
}
