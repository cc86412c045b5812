import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { UpdateIdentityProviderRequest } from '../../contract/generated/types.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { requireLockedPool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import type { DiscoverDetails, IdentityProvider, ProviderDetails } from './identity-provider.ts'
import {
  findIdentityProvider,
  lockIdentityProvider,
  replaceIdentifiers,
  updateIdentityProvider as storeProvider,
} from './identity-provider-repository.ts'
import { providerNotFound, requireExternalProvider, requireValidProvider } from './identity-provider-rules.ts'
import { readProviderUpdate, writeProvider } from './identity-provider-wire.ts'
import { showProvider } from './show-provider.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; discoverDetails: DiscoverDetails }

export const updateIdentityProvider = operation('UpdateIdentityProvider', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: Deps, { audit }: AuditedCaller) {
    const { db, clock, secrets } = deps
    const { UserPoolId: poolId, ProviderName: name } = request
    const discovered = await discoverChanged(deps, request)
    const provider = await db.transaction().execute(async (tx) => {
      const pool = await requireLockedPool(tx, poolId)
      requireExternalProvider(name)
      const before = await lockIdentityProvider(tx, secrets, poolId, name)
      if (before === undefined) throw providerNotFound(name)
      const read = readProviderUpdate(before, request, clock.now())
      const after = discovered === undefined ? read : { ...read, config: { ...read.config, discovered } }
      requireValidProvider(pool, after)
      await replaceIdentifiers(tx, poolId, after, before.config.identifiers)
      await storeProvider(tx, secrets, poolId, after)
      await audit.record(tx, { changedMembers: changedMembers(writeSettings(before), writeSettings(after)) })
      return after
    })
    return { IdentityProvider: await showProvider({ db, secrets, clock }, poolId, provider) }
  },
})

/** What the provider says, where the request changes its details. The provider is asked before the transaction. */
async function discoverChanged(
  { db, clock, secrets, pools, discoverDetails }: Deps,
  request: UpdateIdentityProviderRequest,
): Promise<ProviderDetails | undefined> {
  if (request.ProviderDetails === undefined) return undefined
  const pool = await pools.getPool(request.UserPoolId)
  const before = await findIdentityProvider(db, secrets, pool.id, request.ProviderName)
  if (before === undefined) return undefined
  const after = readProviderUpdate(before, request, clock.now())
  requireValidProvider(pool, after)
  return discoverDetails(after)
}

/**
 * The settings that the audit record compares before and after an update: those of a response, and the private key, which no response
 * shows.
 */
const writeSettings = (provider: IdentityProvider) => ({ ...writeProvider('', provider), ProviderDetails: provider.config.details })
