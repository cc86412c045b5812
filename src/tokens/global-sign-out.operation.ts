import type { Clock } from '../base/clock.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import type { TokenCaller } from '../users/caller.ts'
import { signOutUser } from '../users/user-repository.ts'

/** The user ends all their sessions, in every client; the access token of this very call too. */
export const globalSignOut = operation('GlobalSignOut', {
  auth: 'access-token',

  async handle(_request, { db, clock }: { db: Db; clock: Clock }, { pool, user }: TokenCaller) {
    await signOutUser(db, pool.id, user.sub, clock.now())
    return {}
  },
})
