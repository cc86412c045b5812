import { ApiError } from '../../contract/api-error.ts'
import { type Contact, chooseRecoveryContact, isRecoveredByAdminOnly } from '../../messaging/destination.ts'
import type { Pool } from '../../pools/pool.ts'
import { addressesOfActiveMfa } from '../mfa/mfa-methods.ts'
import type { User } from '../user.ts'

/** @throws ApiError NotAuthorizedException when only an administrator may set new passwords in the pool */
export function requireSelfRecovery(pool: Pool): void {
  if (isRecoveredByAdminOnly(pool)) throw new ApiError('NotAuthorizedException', 'Contact administrator to reset password.')
}

/** The error that ForgotPassword answers for this user; undefined when the user can get a code. */
export function findRecoveryError(pool: Pool, user: User): ApiError | undefined {
  if (user.status === 'FORCE_CHANGE_PASSWORD' || user.status === 'EXTERNAL_PROVIDER') return wrongState()
  if (recoveryContactOf(pool, user) === undefined) return noRecoveryContact()
  return isRecoverable(user) ? undefined : wrongState()
}

/** Where a recovery code goes: to a verified address that no active second factor of the user depends on. */
function recoveryContactOf(pool: Pool, user: User): Contact | undefined {
  return chooseRecoveryContact(pool, user.attributes, addressesOfActiveMfa(pool, user))
}

/** @throws ApiError InvalidParameterException when the user has no address for a code */
export function requireRecoveryContact(pool: Pool, user: User): Contact {
  const contact = recoveryContactOf(pool, user)
  if (contact === undefined) throw noRecoveryContact()
  return contact
}

function noRecoveryContact(): ApiError {
  const message = 'Cannot reset password for the user as there is no registered/verified email or phone_number'
  return new ApiError('InvalidParameterException', message)
}

/** Whether a user in this state may choose a new password with a code. */
export function isRecoverable({ status }: User): boolean {
  return status === 'CONFIRMED' || status === 'RESET_REQUIRED'
}

export function wrongState(): ApiError {
  return new ApiError('NotAuthorizedException', 'User password cannot be reset in the current state.')
}
