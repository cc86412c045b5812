import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { deleteAttempts } from '../attempt-repository.ts'
import { type Stuffing, slowedAction } from './stuffing.ts'
import { clearNetwork } from './stuffing-repository.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; stuffing: Stuffing }

/** Lifeguard's own operation: ends the slow-down of a network. What it has failed so far counts no more. */
export const clearSlowedNetwork = operation('ClearSlowedNetwork', {
  auth: 'iam',
  isAudited: true,

  async handle({ UserPoolId: poolId, Network: network }, { db, clock, pools, stuffing }: Deps, { audit }: AuditedCaller) {
    await pools.getPool(poolId)
    await db.transaction().execute(async (tx) => {
      if (!(await clearNetwork(tx, poolId, network, clock.now()))) {
        throw new ApiError('ResourceNotFoundException', 'The user pool has no such slowed network.')
      }
      await deleteAttempts(tx, { poolId, subject: network, action: slowedAction })
      await audit.record(tx)
    })
    stuffing.forget(poolId, network)
    return {}
  },
})
