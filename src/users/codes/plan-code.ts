import { ApiError } from '../../contract/api-error.ts'
import type { CodePurposeType } from '../../contract/generated/types.ts'
import { type CodePurpose, codeLifetimesMs } from '../../messaging/codes.ts'
import { type Contact, chooseSignUpContact } from '../../messaging/destination.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import { addressToProve } from '../profile/address-to-prove.ts'
import { recoveryObstacle, requireRecoveryContact, requireSelfRecovery } from '../recovery/recovery-rules.ts'
import type { User } from '../user.ts'

/** What a code is to be made for. */
export type IssuedCode = {
  readonly purpose: CodePurpose
  readonly lifetimeMs: number
  /** The address it proves; undefined for a user who confirms none by it. */
  readonly contact: Contact | undefined
}

/**
 * What a code for this purpose would prove and how long it would last. Throws UnsupportedUserStateException for a user who could not use
 * it, InvalidParameterException for one who has no address for it.
 */
export async function planCode(
  tx: Tx,
  pool: Pool,
  user: User,
  { purpose, now }: { purpose: CodePurposeType; now: number },
): Promise<IssuedCode> {
  if (!user.enabled) throw unsupportedState('The user is disabled: no code would work for them.')
  switch (purpose) {
    case 'SIGN_UP':
      return planSignUp(pool, user)
    case 'FORGOT_PASSWORD':
      return planRecovery(pool, user)
    case 'VERIFY_EMAIL':
      return planProof(tx, pool, user, { attribute: 'email', now })
    case 'VERIFY_PHONE_NUMBER':
      return planProof(tx, pool, user, { attribute: 'phone_number', now })
  }
}

function planSignUp(pool: Pool, user: User): IssuedCode {
  if (user.status !== 'UNCONFIRMED') throw unsupportedState(`User cannot be confirmed. Current status is ${user.status}`)
  return { purpose: 'sign-up', lifetimeMs: codeLifetimesMs.signUp, contact: chooseSignUpContact(pool, user.attributes) }
}

/** By the rules of ForgotPassword, in the words of this operation's errors. */
function planRecovery(pool: Pool, user: User): IssuedCode {
  try {
    requireSelfRecovery(pool)
    const obstacle = recoveryObstacle(pool, user)
    if (obstacle !== undefined) throw obstacle
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'NotAuthorizedException') throw error
    throw unsupportedState(error.message)
  }
  const contact = requireRecoveryContact(pool, user)
  return { purpose: 'forgot-password', lifetimeMs: codeLifetimesMs.forgotPassword, contact }
}

async function planProof(
  tx: Tx,
  pool: Pool,
  user: User,
  { attribute, now }: { attribute: ContactAttribute; now: number },
): Promise<IssuedCode> {
  if (user.status === 'UNCONFIRMED') {
    throw unsupportedState('The user is not confirmed and proves an address by confirming: issue a code for SIGN_UP.')
  }
  if (user.status === 'EXTERNAL_PROVIDER') throw unsupportedState('The attributes of a federated user come from their provider.')
  const value = await addressToProve(tx, pool, user, attribute, now)
  return { purpose: `verify-${attribute}`, lifetimeMs: codeLifetimesMs.attribute, contact: { attribute, value } }
}

function unsupportedState(message: string): ApiError {
  return new ApiError('UnsupportedUserStateException', message)
}
