import { operation } from '../../contract/operation.ts'
import { writeFormerPool } from '../../pools/extensions/former-pool.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { findLastFailure } from './former-failure-repository.ts'
import type { FormerPools } from './former-pools.ts'
import { countComeOver, countWaiting } from './former-user-repository.ts'

type Deps = { db: Db; pools: PoolCatalog; formerPools: FormerPools }

/** Lifeguard's own operation: how many passwords are still at the former pool, how many have come over, and what went wrong last. */
export const describeFormerPool = operation('DescribeFormerPool', {
  auth: 'iam',

  async handle(request, { db, pools, formerPools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const [waiting, comeOver, failure] = await Promise.all([
      countWaiting(db, pool.id),
      countComeOver(db, pool.id),
      findLastFailure(db, pool.id),
    ])
    return {
      UserPoolId: pool.id,
      FormerPool: writeFormerPool(extensionsOf(pool).formerPool),
      Asking: formerPools.isAsked(pool),
      WaitingUsers: waiting,
      ComeOverUsers: comeOver,
      LastFailure: failure?.failure,
      LastFailureAt: failure && new Date(failure.at),
    }
  },
})
