import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { changeUser } from './change-user.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

export const adminEnableUser = operation('AdminEnableUser', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    await changeUser({ db, audit }, pool, request.Username, (user) => ({ ...user, enabled: true, updatedAt: clock.now() }))
    return {}
  },
})
