import { ApiError } from '../../contract/api-error.ts'
import type { AppClient } from '../../pools/app-client.ts'
import { checkAttributes, requireRequiredAttributes, writableAttributes } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Attributes } from '../user.ts'

/** Throws NotAuthorizedException where only administrators create users. */
export function requireSelfSignUp(pool: Pool): void {
  if (pool.adminCreatesUsersOnly) throw new ApiError('NotAuthorizedException', 'SignUp is not permitted for this user pool')
}

/**
 * Somebody who brings no password must be able to sign in without one: by a code to an address that the pool verifies.
 * Throws InvalidParameterException.
 */
export function requirePasswordlessSignIn(pool: Pool, client: AppClient, attributes: Attributes): void {
  const canGetCode = (factor: 'EMAIL_OTP' | 'SMS_OTP', contact: 'email' | 'phone_number') =>
    pool.allowedFirstFactors.includes(factor) && pool.autoVerifiedAttributes.includes(contact) && Boolean(attributes[contact])
  const allowed = client.authFlows?.includes('ALLOW_USER_AUTH') ?? false
  if (allowed && (canGetCode('EMAIL_OTP', 'email') || canGetCode('SMS_OTP', 'phone_number'))) return
  const message = "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null"
  throw new ApiError('InvalidParameterException', message)
}

// The punctuation is Cognito's, as reported.
const preferredUsernameTooEarly =
  'Preferred username cannot be provided for unconfirmed account., since user pool is configured for preferred username alias.'

/**
 * `typed` is what the caller listed, `filled` the same with the address that the username is. Throws InvalidParameterException, and
 * NotAuthorizedException for an attribute that the client may not write.
 */
export function requireSignUpAttributes(pool: Pool, client: AppClient, typed: Attributes, filled: Attributes): void {
  const isWritable = writableAttributes(pool, client)
  // Comes before the schema: a client hears nothing about attributes that it may not write.
  if (!Object.keys(typed).every(isWritable)) {
    throw new ApiError('NotAuthorizedException', 'A client attempted to write unauthorized attribute')
  }
  checkAttributes(pool, filled)
  if (filled['preferred_username'] && pool.aliasAttributes.includes('preferred_username')) {
    throw new ApiError('InvalidParameterException', preferredUsernameTooEarly)
  }
  requireRequiredAttributes(pool, filled)
}
