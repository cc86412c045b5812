import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { type NotRestored, restorePool } from '../pool-deletion-repository.ts'
import { countPoolsUpTo } from '../pool-repository.ts'
import { type Quotas, requireWithinQuota } from '../quotas.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; quotas: Quotas }

/**
 * Lifeguard's own operation: brings a deleted pool back, with its id, app clients, users and signing keys. Sessions that have not expired go
 * on. No trigger is called, and no message is sent.
 */
export const restoreUserPool = operation('RestoreUserPool', {
  auth: 'iam',
  isAudited: true,

  async handle({ UserPoolId: poolId }, { db, clock, pools, quotas }: Deps, { audit }: AuditedCaller) {
    const { name } = await db.transaction().execute(async (tx) => {
      const restored = await restorePool(tx, poolId, clock.now())
      if (typeof restored === 'string') throw notRestored(poolId, restored)
      requireWithinQuota(quotas, 'userPools', await countPoolsUpTo(tx, quotas.userPools + 1))
      await audit.record(tx, { poolId, detail: `name: ${restored.name}` })
      return restored
    })
    await pools.invalidate(poolId)
    return { UserPoolId: poolId, Name: name }
  },
})

function notRestored(poolId: string, why: NotRestored): ApiError {
  switch (why) {
    case 'unknown':
      return new ApiError(
        'ResourceNotFoundException',
        `There is no deleted user pool ${poolId} that is kept. ListDeletedUserPools lists them.`,
      )
    case 'removing':
      return invalidParameter(`User pool ${poolId} cannot be restored, because the removal of its data has begun.`)
    case 'taken':
      return invalidParameter(`User pool ${poolId} cannot be restored, because there is a user pool with this id.`)
  }
}
