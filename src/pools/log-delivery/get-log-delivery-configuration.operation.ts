import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findResource } from '../pool-resource-repository.ts'
import { logDeliveries, logDeliveryId } from './log-delivery.ts'
import { writeLogDelivery } from './log-delivery-wire.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const getLogDeliveryConfiguration = operation('GetLogDeliveryConfiguration', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const delivery = await findResource(db, pool.id, logDeliveries, logDeliveryId)
    return { LogDeliveryConfiguration: writeLogDelivery(pool.id, delivery?.config.logs ?? []) }
  },
})
