import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import { requireUnreservedName } from '../../pools/identity-providers/reserved-names.ts'
import { limitAttempts } from '../../protection/attempt-limit.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { deleteExpiredSignUpsOf } from '../expired-sign-ups/expired-sign-ups.ts'
import { lockCaller } from '../profile/profile-rules.ts'
import { storeUsername } from './change-username.ts'
import { readNewUsername, requireChangeableByUsers, requireNoTestUser } from './username-rules.ts'

type Deps = { db: Db; clock: Clock }

/** Lifeguard's own operation: a signed-in user takes another username. The `sub`, the password and the sessions stay. */
export const changeUsername = operation('ChangeUsername', {
  auth: 'access-token',

  async handle(request, { db, clock }: Deps, { pool, user }: TokenCaller) {
    requireChangeableByUsers(pool)
    const username = readNewUsername(pool, user, request.NewUsername)
    requireNoTestUser(pool, user, username)
    await requireUnreservedName(db, pool, 'Username', username)
    const now = clock.now()
    await limitAttempts(db, { poolId: pool.id, subject: user.sub, action: 'ChangeUsername' }, now)
    await deleteExpiredSignUpsOf(db, pool, { ...user, username }, now)
    const changed = await db.transaction().execute(async (tx) => storeUsername(tx, pool, await lockCaller(tx, user), { username, now }))
    return { Username: changed.username }
  },
})
