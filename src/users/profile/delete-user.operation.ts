import { operation } from '../../contract/operation.ts'
import type { Tx } from '../../storage/db.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import type { SessionCaller } from '../caller.ts'
import { type DeleteUserDeps, deleteUserByRequest } from '../deleted-users/delete-user-by-request.ts'
import { lockCaller } from '../lock-caller.ts'

/** A signed-in user deletes their account and all its sessions. */
export const deleteUser = operation('DeleteUser', {
  auth: 'access-token',

  async handle(_request, deps: DeleteUserDeps, caller: SessionCaller, from) {
    const { pool, client, user } = caller
    const callerContext = callerContextOf(client, from, undefined)
    const lock = (tx: Tx) => lockCaller(tx, caller)
    await deleteUserByRequest(deps, { pool, found: user, operation: 'DeleteUser', callerContext, lock, audit: undefined })
  },
})
