import type { Clock } from '../../base/clock.ts'
import { offeredMfa } from '../../pools/mfa/offered-mfa.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { changeFoundUser } from '../admin/change-user.ts'
import { passkeyCountsAsMfa } from '../passkeys/passkey.ts'
import { findPasskeys } from '../passkeys/passkey-repository.ts'
import type { MfaPreferences, User } from '../user.ts'
import { usableMfa } from './mfa-methods.ts'
import type { CanHave } from './mfa-preferences.ts'
import { hasSoftwareToken } from './software-token-repository.ts'

type Change = (current: MfaPreferences | null, canHave: CanHave) => MfaPreferences | null

/**
 * Stores what `change` makes of the user's preferences as they are under the lock. `canHave` tells it which methods the pool offers and
 * the user has an address, a registered app or a passkey for. Throws what `change` throws, and UserNotFoundException when the user is gone.
 */
export async function changeMfa({ db, clock }: { db: Db; clock: Clock }, pool: Pool, found: User, change: Change): Promise<void> {
  await changeFoundUser(db, pool, found, async (user, tx) => {
    const usable = usableMfa(pool, user, await hasSoftwareToken(tx, user))
    const offered = offeredMfa(pool)
    const hasPasskey = passkeyCountsAsMfa(pool) && (await findPasskeys(tx, pool.id, user.sub)).length > 0
    const mfa = change(user.mfa, (method) => (method === 'WEB_AUTHN' ? hasPasskey : offered.includes(method) && usable.includes(method)))
    return { ...user, mfa, updatedAt: clock.now() }
  })
}
