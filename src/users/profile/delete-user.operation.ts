import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { deleteUserRows } from '../user-removal-repository.ts'

/** A signed-in user deletes their account and all its sessions. */
export const deleteUser = operation('DeleteUser', {
  auth: 'access-token',

  async handle(_request, { db, clock }: { db: Db; clock: Clock }, { pool, user }: TokenCaller) {
    await db.transaction().execute((tx) => deleteUserRows(tx, pool.id, user.sub, clock.now()))
  },
})
