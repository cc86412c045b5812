import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Clock } from '../base/clock.ts'
import { dayMs } from '../base/durations.ts'
import { invalidParameter } from '../contract/api-error.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { requireNoImport } from './active-import-repository.ts'
import { requireLockedPool } from './change-pool.ts'
import { findDomainsOfPool } from './domains/pool-domain-repository.ts'
import type { PoolCatalog } from './pool-catalog.ts'
import { markPoolDeleted } from './pool-deletion-repository.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; keepDeletedPoolsDays: number }

export const deleteUserPool = operation('DeleteUserPool', {
  auth: 'iam',
  isAudited: true,

  /**
   * Marks the pool as deleted. The sweeper removes its rows later, so the call is quick however many users the pool has. With
   * `--keep-deleted-pools-days` it begins after these days, and RestoreUserPool can bring the pool back until then.
   */
  async handle(request, { db, clock, pools, keepDeletedPoolsDays }: Deps, { audit }: AuditedCaller) {
    const poolId = request.UserPoolId
    await db.transaction().execute(async (tx) => {
      const pool = await requireLockedPool(tx, poolId)
      if (pool.deletionProtection) {
        throw invalidParameter(
          'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
        )
      }
      await requireNoImport(tx, poolId)
      if ((await findDomainsOfPool(tx, poolId)).length > 0) {
        throw invalidParameter('User pool cannot be deleted. It has a domain configured that should be deleted first.')
      }
      const now = clock.now()
      await markPoolDeleted(tx, poolId, now, keepDeletedPoolsDays === 0 ? undefined : now + keepDeletedPoolsDays * dayMs)
      await audit.record(tx, { detail: `name: ${pool.name}` })
    })
    await pools.invalidate(poolId)
  },
})
