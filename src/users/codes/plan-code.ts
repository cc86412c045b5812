import { ApiError } from '../../contract/api-error.ts'
import type { CodePurposeType } from '../../contract/generated/types.ts'
import { type CodePurpose, codeLifetimesMs } from '../../messaging/codes.ts'
import { type Contact, chooseSignUpContact } from '../../messaging/destination.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import { getAddressToVerify } from '../profile/address-to-verify.ts'
import { findRecoveryError, requireRecoveryContact, requireSelfRecovery } from '../recovery/recovery-rules.ts'
import type { User } from '../user.ts'

export type CodePlan = {
  readonly purpose: CodePurpose
  readonly lifetimeMs: number
  /** The address that the code verifies; undefined when a user without an address confirms the sign-up. */
  readonly contact: Contact | undefined
}

/**
 * What a code for this purpose verifies and how long it is valid.
 * @throws ApiError UnsupportedUserStateException when the user could not use such a code
 * @throws ApiError InvalidParameterException when the user has no address for the code
 */
export async function planCode(
  tx: Tx,
  pool: Pool,
  user: User,
  { purpose, now }: { purpose: CodePurposeType; now: number },
): Promise<CodePlan> {
  if (!user.enabled) throw unsupportedState('The user is disabled. Enable the user first: no code works for a disabled user.')
  switch (purpose) {
    case 'SIGN_UP':
      return planSignUp(pool, user)
    case 'FORGOT_PASSWORD':
      return planRecovery(pool, user)
    case 'VERIFY_EMAIL':
      return planVerification(tx, pool, user, { attribute: 'email', now })
    case 'VERIFY_PHONE_NUMBER':
      return planVerification(tx, pool, user, { attribute: 'phone_number', now })
  }
}

function planSignUp(pool: Pool, user: User): CodePlan {
  if (user.status !== 'UNCONFIRMED') throw unsupportedState(`User cannot be confirmed. Current status is ${user.status}`)
  return { purpose: 'sign-up', lifetimeMs: codeLifetimesMs.signUp, contact: chooseSignUpContact(pool, user.attributes) }
}

/** Applies the rules of ForgotPassword, with the error code of IssueCode. */
function planRecovery(pool: Pool, user: User): CodePlan {
  try {
    requireSelfRecovery(pool)
    const recoveryError = findRecoveryError(pool, user)
    if (recoveryError !== undefined) throw recoveryError
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'NotAuthorizedException') throw error
    throw unsupportedState(error.message)
  }
  const contact = requireRecoveryContact(pool, user)
  return { purpose: 'forgot-password', lifetimeMs: codeLifetimesMs.forgotPassword, contact }
}

async function planVerification(
  tx: Tx,
  pool: Pool,
  user: User,
  { attribute, now }: { attribute: ContactAttribute; now: number },
): Promise<CodePlan> {
  if (user.status === 'UNCONFIRMED') {
    throw unsupportedState('The user is not confirmed. Issue a code for SIGN_UP, which also verifies the address.')
  }
  if (user.status === 'EXTERNAL_PROVIDER') throw unsupportedState('The user comes from an identity provider, which sets the attributes.')
  const value = await getAddressToVerify(tx, { pool, client: undefined }, user, { attribute, now })
  return { purpose: `verify-${attribute}`, lifetimeMs: codeLifetimesMs.attribute, contact: { attribute, value } }
}

function unsupportedState(message: string): ApiError {
  return new ApiError('UnsupportedUserStateException', message)
}
