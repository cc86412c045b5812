import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import { requireUnreservedName } from '../../pools/identity-providers/reserved-names.ts'
import { limitAttempts } from '../../protection/attempt-limit.ts'
import type { Lockout } from '../../protection/lockout.ts'
import type { Db } from '../../storage/db.ts'
import type { SessionCaller } from '../caller.ts'
import { deleteExpiredSignUpsOf } from '../expired-sign-ups/expired-sign-ups.ts'
import { lockCaller } from '../lock-caller.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { incorrectPassword, requireOwnPassword } from '../passwords/require-own-password.ts'
import { upgradePassword } from '../passwords/upgrade-password.ts'
import { isSamePassword } from '../security-stamp.ts'
import { storeUsername } from './change-username.ts'
import { readNewUsername, requireChangeableByUsers, requireNoTestUser } from './username-rules.ts'

type Deps = { db: Db; clock: Clock; passwords: Passwords; lockout: Lockout }

/**
 * Lifeguard's own operation: a signed-in user takes another username. The `sub`, the password and the sessions stay. A user who gives the
 * password gets a verifier for the new name, so that the first answer of SRP does not show the former one.
 */
export const changeUsername = operation('ChangeUsername', {
  auth: 'access-token',

  async handle({ NewUsername, Password: password }, deps: Deps, { pool, user, sessionId }: SessionCaller) {
    const { db, clock } = deps
    requireChangeableByUsers(pool)
    const username = readNewUsername(pool, user, NewUsername)
    requireNoTestUser(pool, user, username)
    await requireUnreservedName(db, pool, 'Username', username)
    const now = clock.now()
    await limitAttempts(db, { poolId: pool.id, subject: user.sub, action: 'ChangeUsername' }, now)
    if (password !== undefined) await requireOwnPassword(deps, pool, user, password, now)
    await deleteExpiredSignUpsOf(db, pool, { ...user, username }, now)
    const changed = await db.transaction().execute(async (tx) => {
      const locked = await lockCaller(tx, { user, sessionId })
      // Another request has replaced the password that was checked above, which must not come back.
      if (password !== undefined && !isSamePassword(locked, user)) throw incorrectPassword()
      return storeUsername(tx, pool, locked, { username, now })
    })
    if (password !== undefined) await upgradePassword(deps, pool, changed, password)
    return { Username: changed.username }
  },
})
