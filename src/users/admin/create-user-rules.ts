import { ApiError } from '../../contract/api-error.ts'
import { checkAttributes } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { nonMutable, requireAddressesOfFlags } from '../attribute-changes.ts'
import { nameNewUser } from '../new-user-names.ts'
import { requireStrongPassword } from '../passwords/password-policy.ts'
import { newTemporaryPassword } from '../passwords/temporary-password.ts'
import { findTakenName, nameTaken } from '../taken-names.ts'
import { type AliasKind, type Attributes, isContactAttribute, type User } from '../user.ts'

type Typed = { readonly sub: string; readonly username: string; readonly attributes: Attributes }
type Draft = Pick<User, 'poolId' | 'sub' | 'username' | 'attributes'>

/**
 * The new user's name and attributes by the rules of the pool. An administrator may set every attribute but `sub`: those that cannot
 * be changed later, those for developers, and the flags that vouch for an address. Throws InvalidParameterException.
 */
export function draftNewUser(pool: Pool, typed: Typed): Draft {
  const named = nameNewUser(pool, typed)
  if (Object.hasOwn(typed.attributes, 'sub')) throw nonMutable('sub')
  checkAttributes(pool, named.attributes)
  // Unlike at sign-up, a flag that was not sent is not added (observed).
  const attributes = withoutBlanks(named.attributes)
  requireAddressesOfFlags(named.attributes, attributes)
  return { poolId: pool.id, sub: typed.sub, username: named.username, attributes }
}

const withoutBlanks = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''))

/**
 * The password that is given, or one made up. Undefined where users may sign in by a code: there, whoever gets no password needs
 * none. Throws InvalidPasswordException.
 */
export function chooseTemporaryPassword(pool: Pool, given: string | undefined): string | undefined {
  if (given !== undefined) {
    requireStrongPassword(pool, given, 'set')
    return given
  }
  const byCode = pool.allowedFirstFactors.some((factor) => factor === 'EMAIL_OTP' || factor === 'SMS_OTP')
  return byCode ? undefined : newTemporaryPassword(pool.passwordPolicy)
}

/** Refuses early, before a password is hashed for nothing; storing the user has the last word. Throws as requireNameFree does. */
export async function requireNamesFree(db: Db, pool: Pool, draft: Draft, takesAddresses: boolean): Promise<void> {
  requireNameFree(pool, await findNameConflict(db, pool, draft, takesAddresses))
}

/** The first name of somebody else that stands in the way; one that will be taken over does not. */
export function findNameConflict(
  db: Db,
  pool: Pool,
  draft: Pick<User, 'sub' | 'username' | 'attributes'>,
  takesAddresses: boolean,
): Promise<AliasKind | undefined> {
  return findTakenName(db, pool, takesAddresses ? withoutAddressAliases(draft) : draft)
}

/** Addresses that will be taken over need not be free. Users who are named by address keep theirs, verified or not. */
function withoutAddressAliases<D extends Pick<User, 'attributes'>>(draft: D): D {
  return { ...draft, attributes: { ...draft.attributes, email_verified: 'false', phone_number_verified: 'false' } }
}

/** Throws UsernameExistsException for the name the user is created by, AliasExistsException for another that they would have. */
export function requireNameFree(pool: Pool, taken: AliasKind | undefined): void {
  if (taken === undefined) return
  if (taken === 'username') throw new ApiError('UsernameExistsException', 'User account already exists')
  if (isContactAttribute(taken) && pool.usernameAttributes.includes(taken)) {
    throw new ApiError('UsernameExistsException', `An account with the given ${taken} already exists.`)
  }
  throw nameTaken(taken)
}
