import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { requireLockedPool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findResource, putResource } from '../pool-resource-repository.ts'
import { requireTier, type Tiers } from '../tier-rules.ts'
import { type LogConfiguration, logDeliveries, logDeliveryId, requireValidLogs } from './log-delivery.ts'
import { readLogConfiguration, writeLogDelivery } from './log-delivery-wire.ts'

type Deps = { db: Db; clock: Clock; tiers: Tiers; pools: PoolCatalog }

/** Replaces the whole configuration. An empty list removes all destinations. Records that wait go to the new destination of their source. */
export const setLogDeliveryConfiguration = operation('SetLogDeliveryConfiguration', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, tiers, pools }: Deps, { audit }: AuditedCaller) {
    const poolId = request.UserPoolId
    const logs = request.LogConfigurations.map(readLogConfiguration)
    requireValidLogs(logs)
    const now = clock.now()
    await db.transaction().execute(async (tx) => {
      const pool = await requireLockedPool(tx, poolId)
      if (logs.some(({ source }) => source === 'userAuthEvents'))
        requireTier(tiers, pool, { feature: 'The export of user activity', tier: 'PLUS' })
      const before = await findResource(tx, poolId, logDeliveries, logDeliveryId)
      await putResource(tx, poolId, logDeliveries, { id: logDeliveryId, createdAt: now, updatedAt: now, config: { logs } })
      const write = (configurations: readonly LogConfiguration[]) => writeLogDelivery(poolId, configurations)
      await audit.record(tx, { changedMembers: changedMembers(write(before?.config.logs ?? []), write(logs)) })
    })
    await pools.invalidate(poolId)
    return { LogDeliveryConfiguration: writeLogDelivery(poolId, logs) }
  },
})
