import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { requireLockedPool } from '../change-pool.ts'
import { nameKey, type Pool } from '../pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { type Quotas, requireWithinQuota } from '../quotas.ts'
import type { DiscoverDetails } from './identity-provider.ts'
import { insertIdentityProvider, listProviderNames, replaceIdentifiers } from './identity-provider-repository.ts'
import { requireValidProvider } from './identity-provider-rules.ts'
import { readNewProvider } from './identity-provider-wire.ts'
import { showProvider } from './show-provider.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; quotas: Quotas; pools: PoolCatalog; discoverDetails: DiscoverDetails }

/** Fetches the metadata of SAML and OpenID Connect providers, so that wrong settings are noticed at once. */
export const createIdentityProvider = operation('CreateIdentityProvider', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, quotas, pools, discoverDetails }: Deps, { audit }: AuditedCaller) {
    const poolId = request.UserPoolId
    const asked = readNewProvider(request, clock.now())
    // Nothing is fetched while a transaction is open, nor for a provider that is invalid anyway.
    requireValidProvider(await pools.getPool(poolId), asked)
    const provider = { ...asked, config: { ...asked.config, discovered: await discoverDetails(asked) } }
    await db.transaction().execute(async (tx) => {
      const pool = await requireLockedPool(tx, poolId)
      requireValidProvider(pool, provider)
      await requireFreeName(tx, pool, provider.id, quotas)
      if (!(await insertIdentityProvider(tx, secrets, poolId, provider))) throw nameTaken(poolId, provider.id)
      await replaceIdentifiers(tx, poolId, provider, [])
      await audit.record(tx)
    })
    return { IdentityProvider: await showProvider({ db, secrets, clock }, poolId, provider) }
  },
})

/**
 * Checks that no provider of the pool has this name. A federated username begins with the provider's name. So in a pool that ignores case,
 * the providers `Corp` and `corp` would share users.
 * @throws ApiError DuplicateProviderException or LimitExceededException
 */
async function requireFreeName(tx: Tx, pool: Pool, name: string, quotas: Quotas): Promise<void> {
  const names = await listProviderNames(tx, pool.id, quotas.identityProvidersPerPool)
  if (names.some((other) => nameKey(pool, other) === nameKey(pool, name))) throw nameTaken(pool.id, name)
  requireWithinQuota(quotas, 'identityProvidersPerPool', names.length + 1)
}

function nameTaken(poolId: string, name: string): ApiError {
  return new ApiError('DuplicateProviderException', `${name} already exists in user pool ${poolId}`)
}
