import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { findKeptUser, purgeKeptUser } from './kept-user-repository.ts'
import { userNotKept } from './restore-user.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

/** Lifeguard's own operation: deletes what is kept of a deleted user at once, for instance because the person has asked for it. */
export const purgeDeletedUser = operation('PurgeDeletedUser', {
  auth: 'iam',
  isAudited: true,

  async handle({ UserPoolId, Sub }, { db, clock, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(UserPoolId)
    await db.transaction().execute(async (tx) => {
      const user = await findKeptUser(tx, pool, Sub)
      if (user === undefined || !(await purgeKeptUser(tx, user, clock.now()))) throw userNotKept()
      await audit.record(tx, { user })
    })
    return {}
  },
})
