import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import type { InvocationRecorder } from '../../triggers/invocations/invocation-recorder.ts'
import { purgeKeptUser } from './kept-user-repository.ts'
import { userNotKept } from './restore-user.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; invocations: InvocationRecorder }

/** Lifeguard's own operation: deletes what is kept of a deleted user at once, for instance because the person has asked for it. */
export const purgeDeletedUser = operation('PurgeDeletedUser', {
  auth: 'iam',
  isAudited: true,

  async handle({ UserPoolId, Sub }, { db, clock, pools, invocations }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(UserPoolId)
    // The record of PostDeleteUser has the attributes of the user. It may still wait to be written.
    await invocations.flush()
    await db.transaction().execute(async (tx) => {
      const user = await purgeKeptUser(tx, pool, Sub, clock.now())
      if (user === undefined) throw userNotKept()
      await audit.record(tx, { user })
    })
    return {}
  },
})
