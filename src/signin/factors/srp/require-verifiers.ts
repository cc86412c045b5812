import { ApiError } from '../../../contract/api-error.ts'
import { passwordStorageOf } from '../../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../../pools/pool.ts'

/** Whether the pool keeps what SRP needs of a password. */
export function keepsVerifiers(pool: Pick<Pool, 'extensions'>): boolean {
  return passwordStorageOf(pool) !== 'ARGON2ID'
}

/**
 * Call it before a user is looked up, so that the answer is the same for every name.
 *
 * @throws ApiError InvalidParameterException when the pool does not keep what SRP needs of a password.
 */
export function requireVerifiers(pool: Pick<Pool, 'extensions'>): void {
  if (keepsVerifiers(pool)) return
  throw new ApiError(
    'InvalidParameterException',
    'This user pool stores passwords as Argon2id hashes, so users cannot sign in with SRP. ' +
      'Use USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH, or PASSWORD in USER_AUTH.',
  )
}
