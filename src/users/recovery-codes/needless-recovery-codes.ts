import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { askedMfa, usableMfa } from '../mfa/mfa-methods.ts'
import { hasSoftwareToken } from '../mfa/software-token-repository.ts'
import type { User } from '../user.ts'
import { deleteRecoveryCodeSet } from './recovery-code-repository.ts'

/** Whether a sign-in of the user asks for a second factor. Recovery codes are for these users only. */
export async function isAskedForMfa(db: Db | Tx, pool: Pool, user: User): Promise<boolean> {
  return isAsked(pool, user, await hasSoftwareToken(db, user))
}

const isAsked = (pool: Pool, user: User, hasApp: boolean): boolean => askedMfa(pool, user, usableMfa(pool, user, hasApp)).length > 0

/**
 * Deletes the recovery codes of a user who has no second factor left, or who had none before this change: codes must not be valid for a factor
 * that the user sets up later. In a pool whose MFA is off they stay until it is on again.
 */
export async function deleteNeedlessRecoveryCodes(tx: Tx, pool: Pool, before: User, after: User): Promise<void> {
  if (pool.mfa === 'OFF') return
  const hasApp = await hasSoftwareToken(tx, after)
  if (!isAsked(pool, before, hasApp) || !isAsked(pool, after, hasApp)) await deleteRecoveryCodeSet(tx, after)
}
