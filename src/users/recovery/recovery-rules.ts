import { ApiError } from '../../contract/api-error.ts'
import { type Contact, chooseRecoveryContact, isRecoveredByAdminOnly } from '../../messaging/destination.ts'
import type { Pool } from '../../pools/pool.ts'
import { addressesOfActiveMfa } from '../mfa/mfa-methods.ts'
import type { User } from '../user.ts'

/** Throws NotAuthorizedException where only an administrator may give users a new password. */
export function requireSelfRecovery(pool: Pool): void {
  if (isRecoveredByAdminOnly(pool)) throw new ApiError('NotAuthorizedException', 'Contact administrator to reset password.')
}

/** Why the user cannot be sent a code for a new password; undefined when nothing stands in the way. */
export function recoveryObstacle(pool: Pool, user: User): ApiError | undefined {
  if (user.status === 'FORCE_CHANGE_PASSWORD' || user.status === 'EXTERNAL_PROVIDER') return wrongState()
  if (recoveryContactOf(pool, user) === undefined) return noRecoveryContact()
  return isRecoverable(user) ? undefined : wrongState()
}

/** Where the user gets a code for a new password: a verified address, apart from those their second factor depends on. */
function recoveryContactOf(pool: Pool, user: User): Contact | undefined {
  return chooseRecoveryContact(pool, user.attributes, addressesOfActiveMfa(pool, user))
}

/** The same for an operation that has looked for obstacles already. Throws InvalidParameterException. */
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
