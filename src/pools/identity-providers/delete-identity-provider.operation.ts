import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteIdentityProvider as deleteProvider } from './identity-provider-repository.ts'
import { providerNotFound, requireExternalProvider } from './identity-provider-rules.ts'

type Deps = { db: Db; pools: PoolCatalog }

/** App clients that list the provider keep its name, but users can no longer sign in through it. */
export const deleteIdentityProvider = operation('DeleteIdentityProvider', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    requireExternalProvider(request.ProviderName)
    await db.transaction().execute(async (tx) => {
      if (!(await deleteProvider(tx, pool.id, request.ProviderName))) throw providerNotFound(request.ProviderName)
      await audit.record(tx)
    })
  },
})
