import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findIdentityProvider } from './identity-provider-repository.ts'
import { providerNotFound } from './identity-provider-rules.ts'
import { writeProvider } from './identity-provider-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

export const describeIdentityProvider = operation('DescribeIdentityProvider', {
  auth: 'iam',

  async handle(request, { db, pools, secrets }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const provider = await findIdentityProvider(db, secrets, pool.id, request.ProviderName)
    if (provider === undefined) throw providerNotFound(request.ProviderName)
    return { IdentityProvider: writeProvider(pool.id, provider) }
  },
})
