import { uuidv7 } from '../../base/ids.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { AppClient, AppClientCaller } from '../../pools/app-client.ts'
import { checkAttributes, requireRequiredAttributes, writableAttributes } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { UserDraft } from '../create-user.ts'
import { requireStrongPassword } from '../passwords/password-policy.ts'
import { type AliasKind, type Attributes, changeAttributes } from '../user.ts'
import { nameNewUser } from '../user-names.ts'

type SignUpInput = { readonly username: string; readonly attributes: Attributes; readonly password: string | undefined }

/**
 * The name and attributes of a user who signs up. An address gets the flag that says it is not verified.
 *
 * @throws ApiError NotAuthorizedException when only administrators create users, or the client may not write an attribute
 * @throws ApiError InvalidParameterException when the pool does not allow the username or an attribute, or demands a password
 * @throws ApiError InvalidPasswordException when the pool's policy does not allow the password
 */
export function draftSignUp({ pool, client }: AppClientCaller, { username, attributes, password }: SignUpInput, now: number): UserDraft {
  requireSelfSignUp(pool)
  const sub = uuidv7(now)
  const named = nameNewUser(pool, { sub, username, attributes })
  if (password === undefined) requirePasswordlessSignIn(pool, client, named.attributes)
  else requireStrongPassword(pool, password, 'set')
  requireWritableAttributes(pool, client, attributes)
  requireSignUpAttributes(pool, named.attributes)
  return { poolId: pool.id, sub, username: named.username, attributes: changeAttributes({}, named.attributes), createdAt: now }
}

function requireSelfSignUp(pool: Pool): void {
  if (pool.adminCreatesUsersOnly) throw new ApiError('NotAuthorizedException', 'SignUp is not permitted for this user pool')
}

/** A user without a password must be able to sign in with a code that goes to an address which the pool verifies. */
function requirePasswordlessSignIn(pool: Pool, client: AppClient, attributes: Attributes): void {
  const canGetCode = (factor: 'EMAIL_OTP' | 'SMS_OTP', contact: 'email' | 'phone_number') =>
    pool.allowedFirstFactors.includes(factor) && pool.autoVerifiedAttributes.includes(contact) && Boolean(attributes[contact])
  const allowed = client.authFlows?.includes('ALLOW_USER_AUTH') ?? false
  if (allowed && (canGetCode('EMAIL_OTP', 'email') || canGetCode('SMS_OTP', 'phone_number'))) return
  const message = "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null"
  throw new ApiError('InvalidParameterException', message)
}

/** Call it before the values are checked, so that a client learns nothing about attributes that it may not write. */
function requireWritableAttributes(pool: Pool, client: AppClient, attributes: Attributes): void {
  if (Object.keys(attributes).every(writableAttributes(pool, client))) return
  throw new ApiError('NotAuthorizedException', 'A client attempted to write unauthorized attribute')
}

// The punctuation is Cognito's, as reported.
const preferredUsernameTooEarly =
  'Preferred username cannot be provided for unconfirmed account., since user pool is configured for preferred username alias.'

function requireSignUpAttributes(pool: Pool, attributes: Attributes): void {
  checkAttributes(pool, attributes)
  if (attributes['preferred_username'] && pool.aliasAttributes.includes('preferred_username')) {
    throw new ApiError('InvalidParameterException', preferredUsernameTooEarly)
  }
  requireRequiredAttributes(pool, attributes)
}

/**
 * The attributes that PreSignUp sees: those of the caller, and the address that is the username. Flags that the server added are left out.
 */
export function attributesForPreSignUp({ attributes }: UserDraft, given: Attributes): Attributes {
  const isAddedFlag = (name: string) => name.endsWith('_verified') && given[name] === undefined
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !isAddedFlag(name)))
}

/** The error for a taken name. A client that hides which users exist gets it, too: a sign-up cannot hide that a name is taken. */
export function usernameExists(pool: Pool, taken: AliasKind): ApiError {
  const message = pool.usernameAttributes.length === 0 ? 'User already exists' : `An account with the given ${taken} already exists.`
  return new ApiError('UsernameExistsException', message)
}
