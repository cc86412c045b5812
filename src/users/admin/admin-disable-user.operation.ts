import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { nextSignOut } from '../user.ts'
import { changeUser } from './change-user.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

/** The user can no longer sign in, and all sessions end for good: they stay ended when the user is enabled again. */
export const adminDisableUser = operation('AdminDisableUser', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const now = clock.now()
    await changeUser({ db, audit }, pool, request.Username, (user) => ({
      ...user,
      enabled: false,
      signedOutAt: nextSignOut(user, now),
      updatedAt: now,
    }))
    return {}
  },
})
