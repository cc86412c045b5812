import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { UserCaller } from '../caller.ts'
import { removeUser } from '../deleted-users/remove-user.ts'

/** A signed-in user deletes their account and all its sessions. */
export const deleteUser = operation('DeleteUser', {
  auth: 'access-token',

  async handle(_request, { db, clock }: { db: Db; clock: Clock }, { pool, user }: UserCaller) {
    await db.transaction().execute((tx) => removeUser(tx, pool, user.sub, clock.now()))
  },
})
