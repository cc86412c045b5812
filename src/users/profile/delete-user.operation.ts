import { operation } from '../../contract/operation.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import type { UserCaller } from '../caller.ts'
import { type DeleteUserDeps, deleteUserByRequest } from '../deleted-users/delete-user-by-request.ts'
import { lockCaller } from './profile-rules.ts'

/** A signed-in user deletes their account and all its sessions. */
export const deleteUser = operation('DeleteUser', {
  auth: 'access-token',

  async handle(_request, deps: DeleteUserDeps, { pool, client, user }: UserCaller, from) {
    const callerContext = callerContextOf(client, from, undefined)
    await deleteUserByRequest(deps, { pool, found: user, operation: 'DeleteUser', callerContext, lock: lockCaller, audit: undefined })
  },
})
