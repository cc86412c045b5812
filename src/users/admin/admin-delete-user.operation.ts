import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import { type DeleteUserDeps, deleteUserByRequest } from '../deleted-users/delete-user-by-request.ts'
import { getUserByName } from '../user-repository.ts'
import { getLockedUser } from './change-user.ts'

export const adminDeleteUser = operation('AdminDeleteUser', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: DeleteUserDeps & { pools: PoolCatalog }, { audit }: AuditedCaller, from) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    const found = await getUserByName(deps.db, pool, request.Username)
    const callerContext = callerContextOf(undefined, from, undefined)
    await deleteUserByRequest(deps, { pool, found, operation: 'AdminDeleteUser', callerContext, lock: getLockedUser, audit })
  },
})
