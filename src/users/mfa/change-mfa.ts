import type { AuditedCall } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { mfaMethodsOf } from '../../pools/mfa/mfa-methods.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { type AccountNoticeDeps, queueAccountNotice, sendAccountNotices } from '../account-notices/queue-account-notice.ts'
import { changeFoundUser } from '../admin/change-user.ts'
import { type CheckedCaller, lockCaller } from '../lock-caller.ts'
import { passkeyCountsAsMfa } from '../passkeys/passkey.ts'
import { findPasskeys } from '../passkeys/passkey-repository.ts'
import type { MfaPreferences, User } from '../user.ts'
import { usableMfa } from './mfa-methods.ts'
import type { IsAvailable } from './mfa-preferences.ts'
import { hasSoftwareToken } from './software-token-repository.ts'

type Deps = {
  readonly db: Db
  readonly clock: Clock
  /** The audit record of the call. Undefined in the public API. Not optional, so that no operation of administrators can leave it out. */
  readonly audit: AuditedCall | undefined
  /** The caller, if it is the user. Undefined for an administrator. Not optional, so that no operation of users can leave it out. */
  readonly caller: CheckedCaller | undefined
  /** What tells the user about the change. Undefined for a change by an administrator. */
  readonly notices: (AccountNoticeDeps & { readonly clientId: string }) | undefined
}

type Change = (current: MfaPreferences | null, isAvailable: IsAvailable) => MfaPreferences | null

/**
 * Locks the user, and stores the preferences that `change` returns. `change` gets the user's current preferences, and a function that tells
 * which methods are available: those that the pool offers and for which the user has an address, a registered app or a passkey.
 * @throws ApiError UserNotFoundException when the user was deleted meanwhile; as `lockCaller`, when the user calls; and whatever `change` throws.
 */
export async function changeMfa({ clock, notices, caller, ...deps }: Deps, pool: Pool, found: User, change: Change): Promise<void> {
  const lock = caller && ((tx: Tx) => lockCaller(tx, caller))
  await changeFoundUser({ ...deps, lock }, pool, found, async (user, tx) => {
    const usable = usableMfa(pool, user, await hasSoftwareToken(tx, user))
    const offered = mfaMethodsOf(pool)
    const hasPasskey = passkeyCountsAsMfa(pool) && (await findPasskeys(tx, pool.id, user.sub)).length > 0
    const mfa = change(user.mfa, (method) => (method === 'WEB_AUTHN' ? hasPasskey : offered.includes(method) && usable.includes(method)))
    const now = clock.now()
    if (notices !== undefined && JSON.stringify(mfa) !== JSON.stringify(user.mfa)) {
      await queueAccountNotice(tx, notices, { pool, user, change: 'MFA', clientId: notices.clientId, now })
    }
    return { ...user, mfa, updatedAt: now }
  })
  if (notices !== undefined) await sendAccountNotices(notices, pool)
}
