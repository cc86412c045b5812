import { ApiError } from '../../contract/api-error.ts'
import { chooseRecoveryContact, isRecoveredByAdminOnly } from '../../messaging/destination.ts'
import type { Pool } from '../../pools/pool.ts'
import type { User } from '../user.ts'

/** Throws NotAuthorizedException where only an administrator may give users a new password. */
export function requireSelfRecovery(pool: Pool): void {
  if (isRecoveredByAdminOnly(pool)) throw new ApiError('NotAuthorizedException', 'Contact administrator to reset password.')
}

/** Why the user cannot be sent a code for a new password; undefined when nothing stands in the way. */
export function recoveryObstacle(pool: Pool, user: User): ApiError | undefined {
  if (user.status === 'FORCE_CHANGE_PASSWORD' || user.status === 'EXTERNAL_PROVIDER') return wrongState()
  if (chooseRecoveryContact(pool, user.attributes) === undefined) {
    const message = 'Cannot reset password for the user as there is no registered/verified email or phone_number'
    return new ApiError('InvalidParameterException', message)
  }
  return isRecoverable(user) ? undefined : wrongState()
}

/** Whether a user in this state may choose a new password with a code. */
export function isRecoverable({ status }: User): boolean {
  return status === 'CONFIRMED' || status === 'RESET_REQUIRED'
}

export function wrongState(): ApiError {
  return new ApiError('NotAuthorizedException', 'User password cannot be reset in the current state.')
}
