import { randomUUID } from 'node:crypto'
import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { requireLockedClient } from '../change-client.ts'
import { requireLockedPool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { countResourcesUpTo, insertResource } from '../pool-resource-repository.ts'
import { type Quotas, requireWithinQuota } from '../quotas.ts'
import { requireTier, type Tiers } from '../tier-rules.ts'
import { type Branding, brandingByClient, brandings, requireDefaultsOrCustomValues } from './branding.ts'
import { brandingAssets, imagesIn, readAssets } from './branding-asset.ts'
import { readSettings } from './branding-settings.ts'
import { writeBranding } from './branding-wire.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; quotas: Quotas; tiers: Tiers }

export const createManagedLoginBranding = operation('CreateManagedLoginBranding', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, pools, quotas, tiers }: Deps, { audit }: AuditedCaller) {
    const { UserPoolId: poolId, ClientId: clientId, UseCognitoProvidedValues: isDefault = false } = request
    const id = randomUUID()
    const now = clock.now()
    const settings = readSettings(request.Settings)
    const assets = readAssets(id, request.Assets, now)
    requireDefaultsOrCustomValues(isDefault, settings !== undefined || assets.length > 0)
    const branding: Branding = { id, createdAt: now, updatedAt: now, config: { clientId, isDefault, settings, images: imagesIn(assets) } }
    await db.transaction().execute(async (tx) => {
      const pool = await requireLockedPool(tx, poolId)
      requireTier(tiers, pool, { feature: 'Managed login', tier: 'ESSENTIALS', code: 'OperationNotEnabledException' })
      await requireLockedClient(tx, secrets, poolId, clientId)
      const byClient = { id: clientId, createdAt: now, updatedAt: now, config: { brandingId: id } }
      if (!(await insertResource(tx, poolId, brandingByClient, byClient))) throw brandingExists()
      await insertResource(tx, poolId, brandings, branding)
      for (const asset of assets) await insertResource(tx, poolId, brandingAssets, asset)
      const count = await countResourcesUpTo(tx, poolId, brandings, quotas.managedLoginBrandingsPerPool + 1)
      requireWithinQuota(quotas, 'managedLoginBrandingsPerPool', count)
      await audit.record(tx, { subject: id, detail: `client: ${clientId}` })
    })
    await pools.invalidate(poolId)
    return { ManagedLoginBranding: writeBranding(poolId, branding, assets) }
  },
})

function brandingExists(): ApiError {
  return new ApiError('ManagedLoginBrandingExistsException', 'The app client already has a managed login branding style.')
}
