import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { requireLockedPool } from '../change-pool.ts'
import { putResource } from '../pool-resource-repository.ts'
import { requireTier, type Tiers } from '../tier-rules.ts'
import { logDeliveries, logDeliveryId, requireValidLogs } from './log-delivery.ts'
import { readLogConfiguration, writeLogDelivery } from './log-delivery-wire.ts'

type Deps = { db: Db; clock: Clock; tiers: Tiers }

/** Replaces the whole configuration. An empty list ends all exports. */
export const setLogDeliveryConfiguration = operation('SetLogDeliveryConfiguration', {
  auth: 'iam',

  async handle(request, { db, clock, tiers }: Deps) {
    const poolId = request.UserPoolId
    const logs = request.LogConfigurations.map(readLogConfiguration)
    requireValidLogs(logs)
    const now = clock.now()
    await db.transaction().execute(async (tx) => {
      const pool = await requireLockedPool(tx, poolId)
      if (logs.some(({ source }) => source === 'userAuthEvents'))
        requireTier(tiers, pool, { feature: 'The export of user activity', tier: 'PLUS' })
      await putResource(tx, poolId, logDeliveries, { id: logDeliveryId, createdAt: now, updatedAt: now, config: { logs } })
    })
    return { LogDeliveryConfiguration: writeLogDelivery(poolId, logs) }
  },
})
