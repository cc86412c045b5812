import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { askedMfa, usableMfa } from '../mfa/mfa-methods.ts'
import { hasSoftwareToken } from '../mfa/software-token-repository.ts'
import type { User } from '../user.ts'
import { deleteRecoveryCodeSet } from './recovery-code-repository.ts'

/** Whether a sign-in of the user asks for a second factor. Recovery codes are for these users only. */
export async function isAskedForMfa(db: Db | Tx, pool: Pool, user: User): Promise<boolean> {
  return askedMfa(pool, user, usableMfa(pool, user, await hasSoftwareToken(db, user))).length > 0
}

/**
 * Deletes the recovery codes of a user who has no second factor left, or who had none before this change: codes must not be valid for a factor
 * that the user sets up later. In a pool whose MFA is off they stay until it is on again.
 */
export async function deleteNeedlessRecoveryCodes(tx: Tx, pool: Pool, before: User, after: User): Promise<void> {
  if (pool.mfa === 'OFF') return
  const isNeeded = (await isAskedForMfa(tx, pool, before)) && (await isAskedForMfa(tx, pool, after))
  if (!isNeeded) await deleteRecoveryCodeSet(tx, after)
}
