import type { Clock } from '../base/clock.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import type { UserCaller } from '../users/caller.ts'
import { signOutUser } from '../users/user-repository.ts'

/** Ends all sessions of the user, in every client. That revokes the access token of this call as well. */
export const globalSignOut = operation('GlobalSignOut', {
  auth: 'access-token',

  async handle(_request, { db, clock }: { db: Db; clock: Clock }, { pool, user }: UserCaller) {
    await db.transaction().execute((tx) => signOutUser(tx, pool, user.sub, clock.now()))
    return {}
  },
})
