import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Clock } from '../base/clock.ts'
import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { Db } from '../storage/db.ts'
import { getUserByName, signOutUser } from '../users/user-repository.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

export const adminUserGlobalSignOut = operation('AdminUserGlobalSignOut', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const user = await getUserByName(db, pool, request.Username)
    await db.transaction().execute(async (tx) => {
      await signOutUser(tx, pool, user.sub, clock.now())
      await audit.record(tx, { user })
    })
    return {}
  },
})
