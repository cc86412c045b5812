import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findRiskConfiguration } from './risk-cache.ts'
import { requireThreatProtection } from './risk-configuration.ts'
import { writeRiskConfiguration } from './risk-configuration-wire.ts'

type Deps = { db: Db; pools: PoolCatalog }

/**
 * Returns the configuration that applies: the client's own one, or else the pool's. In the response, only a client's own one has a
 * ClientId.
 */
export const describeRiskConfiguration = operation('DescribeRiskConfiguration', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    const { UserPoolId: poolId, ClientId: clientId } = request
    requireThreatProtection(await pools.getPool(poolId))
    if (clientId !== undefined) await pools.getClientOfPool(poolId, clientId)
    return { RiskConfiguration: writeRiskConfiguration(poolId, await findRiskConfiguration(db, poolId, clientId)) }
  },
})
