import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getLockedUser } from '../admin/change-user.ts'
import { deleteExpiredSignUpsOf } from '../expired-sign-ups/expired-sign-ups.ts'
import { getUserByName } from '../user-repository.ts'
import { storeUsername } from './change-username.ts'
import { readNewUsername, requireChangeableByAdministrators } from './username-rules.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

/** Lifeguard's own operation: an administrator gives a user another username. The `sub`, the password and the sessions stay. */
export const adminChangeUsername = operation('AdminChangeUsername', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    requireChangeableByAdministrators(pool)
    const found = await getUserByName(db, pool, request.Username)
    const username = readNewUsername(pool, found, request.NewUsername)
    const now = clock.now()
    await deleteExpiredSignUpsOf(db, pool, { ...found, username }, now)
    const changed = await db.transaction().execute(async (tx) => {
      const user = await getLockedUser(tx, found)
      return storeUsername(tx, pool, user, { username, now, releasesFormer: request.ReleaseFormerUsername === true, audit })
    })
    return { Username: changed.username, Sub: changed.sub }
  },
})
