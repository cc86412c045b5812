import type { Clock } from '../../base/clock.ts'
import type { UpdateManagedLoginBrandingRequest } from '../../contract/generated/types.ts'
import { operation } from '../../contract/operation.ts'
import { Violations } from '../../contract/violations.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteResourcesUnder, listResourcesUnder, lockResource, putResource, updateResource } from '../pool-resource-repository.ts'
import { type Branding, brandingNotFound, brandings, requireNoMixture } from './branding.ts'
import { assetPrefix, type BrandingAsset, brandingAssets, readAssets, requireFewAssets } from './branding-asset.ts'
import { type BrandingSettings, mergeSettings, readSettings, requireModestSize } from './branding-settings.ts'
import { writeBranding } from './branding-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock }

/** Puts what the request names over what there is; going back to the defaults takes it all away. */
export const updateManagedLoginBranding = operation('UpdateManagedLoginBranding', {
  auth: 'iam',

  async handle(request, { db, pools, clock }: Deps) {
    const { poolId, brandingId } = requireIds(request)
    await pools.getPool(poolId)
    const now = clock.now()
    const settings = readSettings(request.Settings)
    const assets = readAssets(brandingId, request.Assets, now)
    const wantsOwn = settings !== undefined || assets.length > 0
    requireNoMixture(request.UseCognitoProvidedValues === true, wantsOwn)
    return db.transaction().execute(async (tx) => {
      const before = await lockResource(tx, poolId, brandings, brandingId)
      if (before === undefined) throw brandingNotFound()
      const isDefault = request.UseCognitoProvidedValues ?? (before.config.isDefault && !wantsOwn)
      const config = { ...before.config, isDefault, settings: isDefault ? undefined : changed(before.config.settings, settings) }
      const after: Branding = { ...before, updatedAt: now, config }
      await updateResource(tx, poolId, brandings, after)
      const kept = isDefault ? await dropAssets(tx, poolId, brandingId) : await keepAssets(tx, poolId, brandingId, assets)
      return { ManagedLoginBranding: writeBranding(poolId, after, kept) }
    })
  },
})

/** The model requires neither, but nothing can be done without them. */
function requireIds(request: UpdateManagedLoginBrandingRequest): { poolId: string; brandingId: string } {
  const { UserPoolId: poolId, ManagedLoginBrandingId: brandingId } = request
  const violations = new Violations()
  if (poolId === undefined) violations.addNull('userPoolId')
  if (brandingId === undefined) violations.addNull('managedLoginBrandingId')
  violations.throwIfAny()
  return { poolId: poolId ?? '', brandingId: brandingId ?? '' }
}

function changed(before: BrandingSettings | undefined, changes: BrandingSettings | undefined): BrandingSettings | undefined {
  if (before === undefined || changes === undefined) return changes ?? before
  const merged = mergeSettings(before, changes)
  requireModestSize(merged)
  return merged
}

async function keepAssets(tx: Tx, poolId: string, brandingId: string, assets: readonly BrandingAsset[]): Promise<readonly BrandingAsset[]> {
  for (const asset of assets) await putResource(tx, poolId, brandingAssets, asset)
  const all = await listResourcesUnder(tx, poolId, brandingAssets, assetPrefix(brandingId))
  requireFewAssets(all.length)
  return all
}

async function dropAssets(tx: Tx, poolId: string, brandingId: string): Promise<readonly BrandingAsset[]> {
  await deleteResourcesUnder(tx, poolId, brandingAssets, assetPrefix(brandingId))
  return []
}
