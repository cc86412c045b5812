import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { findKeptUser } from './kept-user-repository.ts'
import { freeNames, restoreUser as restore } from './restore-user.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

/**
 * Lifeguard's own operation: brings a deleted user back, signed out everywhere. No trigger is called, and no message is sent: nobody signs up
 * here, and the address was the user's before.
 */
export const restoreUser = operation('RestoreUser', {
  auth: 'iam',
  isAudited: true,

  async handle({ UserPoolId, Sub }, { db, clock, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(UserPoolId)
    const now = clock.now()
    await freeNames(db, pool, await findKeptUser(db, pool, Sub), now)
    const { user, groups } = await db.transaction().execute(async (tx) => {
      const restored = await restore(tx, pool, Sub, now)
      await audit.record(tx, { user: restored.user })
      return restored
    })
    return { Username: user.username, Sub: user.sub, Groups: [...groups] }
  },
})
