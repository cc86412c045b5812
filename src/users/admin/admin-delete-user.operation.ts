import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { removeUser } from '../deleted-users/remove-user.ts'
import { getUserByName } from '../user-repository.ts'

export const adminDeleteUser = operation('AdminDeleteUser', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools }: { db: Db; clock: Clock; pools: PoolCatalog }, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const user = await getUserByName(db, pool, request.Username)
    await db.transaction().execute(async (tx) => {
      await removeUser(tx, pool, user.sub, clock.now())
      await audit.record(tx, { user })
    })
  },
})
