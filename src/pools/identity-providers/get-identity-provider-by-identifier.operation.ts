import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findProviderByIdentifier } from './identity-provider-repository.ts'
import { providerNotFound } from './identity-provider-rules.ts'
import { detailOfShown } from './identity-provider-wire.ts'
import { showProvider } from './show-provider.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; secrets: Secrets }

/** Audited, because the provider's details may contain a secret. */
export const getIdentityProviderByIdentifier = operation('GetIdentityProviderByIdentifier', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools, secrets }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const provider = await findProviderByIdentifier(db, secrets, pool.id, request.IdpIdentifier)
    if (provider === undefined) throw providerNotFound(request.IdpIdentifier)
    await db.transaction().execute((tx) => audit.record(tx, { subject: provider.id, detail: detailOfShown(provider) }))
    return { IdentityProvider: await showProvider({ db, secrets, clock }, pool.id, provider) }
  },
})
