import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteIdentityProvider as deleteProvider } from './identity-provider-repository.ts'
import { providerNotFound, requireExternalProvider } from './identity-provider-rules.ts'

type Deps = { db: Db; pools: PoolCatalog }

/** App clients that list the provider keep its name, but users can no longer sign in through it. */
export const deleteIdentityProvider = operation('DeleteIdentityProvider', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    requireExternalProvider(request.ProviderName)
    const isDeleted = await db.transaction().execute((tx) => deleteProvider(tx, pool.id, request.ProviderName))
    if (!isDeleted) throw providerNotFound(request.ProviderName)
  },
})
