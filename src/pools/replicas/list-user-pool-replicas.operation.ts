import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { readPageToken } from '../../contract/page-token.ts'
import { regionOf } from '../pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { poolArn } from '../pool-wire.ts'

type Deps = { pools: PoolCatalog; secrets: Secrets; accountId: string }

/** Lists the pool itself, which is its only replica and the primary. */
export const listUserPoolReplicas = operation('ListUserPoolReplicas', {
  auth: 'iam',

  async handle(request, { pools, secrets, accountId }: Deps) {
    const { id } = await pools.getPool(request.UserPoolId)
    // There is never a second page, so every token is invalid.
    readPageToken(secrets, `ListUserPoolReplicas ${id}`, request.NextToken)
    return { UserPoolReplicas: [{ RegionName: regionOf(id), Status: 'ACTIVE', Role: 'PRIMARY', UserPoolArn: poolArn(id, accountId) }] }
  },
})
