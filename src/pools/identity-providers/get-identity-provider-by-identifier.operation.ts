import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findProviderByIdentifier } from './identity-provider-repository.ts'
import { providerNotFound } from './identity-provider-rules.ts'
import { writeProvider } from './identity-provider-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

export const getIdentityProviderByIdentifier = operation('GetIdentityProviderByIdentifier', {
  auth: 'iam',

  async handle(request, { db, pools, secrets }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const provider = await findProviderByIdentifier(db, secrets, pool.id, request.IdpIdentifier)
    if (provider === undefined) throw providerNotFound(request.IdpIdentifier)
    return { IdentityProvider: writeProvider(pool.id, provider) }
  },
})
