import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { readPageToken } from '../page-token.ts'
import { regionOf } from '../pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { poolArn } from '../pool-wire.ts'

type Deps = { pools: PoolCatalog; secrets: Secrets; accountId: string }

/** The pool itself is the only one, and its primary. */
export const listUserPoolReplicas = operation('ListUserPoolReplicas', {
  auth: 'iam',

  async handle(request, { pools, secrets, accountId }: Deps) {
    const { id } = await pools.getPool(request.UserPoolId)
    // There is never a second page, so any token is one that was not given here.
    readPageToken(secrets, `ListUserPoolReplicas ${id}`, request.NextToken)
    return { UserPoolReplicas: [{ RegionName: regionOf(id), Status: 'ACTIVE', Role: 'PRIMARY', UserPoolArn: poolArn(id, accountId) }] }
  },
})
