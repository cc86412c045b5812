import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import type { UpdateManagedLoginBrandingRequest } from '../../contract/generated/types.ts'
import { operation } from '../../contract/operation.ts'
import { Violations } from '../../contract/violations.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteResourcesUnder, listResourcesUnder, lockResource, putResource, updateResource } from '../pool-resource-repository.ts'
import { type Branding, brandingNotFound, brandings, requireDefaultsOrCustomValues } from './branding.ts'
import { assetPrefix, type BrandingAsset, brandingAssets, imagesIn, readAssets, requireAssetsWithinLimit } from './branding-asset.ts'
import { type BrandingSettings, mergeSettings, readSettings, requireSettingsWithinLimit } from './branding-settings.ts'
import { writeBranding } from './branding-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock }

/** Merges the request into the stored style. A return to Cognito's default look removes all settings and assets. */
export const updateManagedLoginBranding = operation('UpdateManagedLoginBranding', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, clock }: Deps, { audit }: AuditedCaller) {
    const { poolId, brandingId } = requireIds(request)
    await pools.getPool(poolId)
    const now = clock.now()
    const settings = readSettings(request.Settings)
    const assets = readAssets(brandingId, request.Assets, now)
    const hasCustomValues = settings !== undefined || assets.length > 0
    requireDefaultsOrCustomValues(request.UseCognitoProvidedValues === true, hasCustomValues)
    const answer = await db.transaction().execute(async (tx) => {
      const before = await lockResource(tx, poolId, brandings, brandingId)
      if (before === undefined) throw brandingNotFound()
      const isDefault = request.UseCognitoProvidedValues ?? (before.config.isDefault && !hasCustomValues)
      const assetsBefore = await listResourcesUnder(tx, poolId, brandingAssets, assetPrefix(brandingId))
      const stored = isDefault ? await deleteAssets(tx, poolId, brandingId) : await putAssets(tx, poolId, brandingId, assets)
      const merged = isDefault ? undefined : mergedSettings(before.config.settings, settings)
      const config = { ...before.config, isDefault, settings: merged, images: imagesIn(stored) }
      const after: Branding = { ...before, updatedAt: now, config }
      await updateResource(tx, poolId, brandings, after)
      await audit.record(tx, { changedMembers: changedMembers(membersOf(before, assetsBefore), membersOf(after, stored)) })
      return { ManagedLoginBranding: writeBranding(poolId, after, stored) }
    })
    await pools.invalidate(poolId)
    return answer
  },
})

/** The settings and images that the audit record compares before and after an update. For an image this is its stored content. */
const membersOf = (branding: Branding, assets: readonly BrandingAsset[]) => ({
  ...writeBranding('', branding, []),
  Assets: assets.map(({ config }) => config),
})

/** Cognito's API model makes the pool's id and the style's id optional, but the operation needs both. */
function requireIds(request: UpdateManagedLoginBrandingRequest): { poolId: string; brandingId: string } {
  const { UserPoolId: poolId, ManagedLoginBrandingId: brandingId } = request
  const violations = new Violations()
  if (poolId === undefined) violations.addNull('userPoolId')
  if (brandingId === undefined) violations.addNull('managedLoginBrandingId')
  violations.throwIfAny()
  return { poolId: poolId ?? '', brandingId: brandingId ?? '' }
}

function mergedSettings(before: BrandingSettings | undefined, changes: BrandingSettings | undefined): BrandingSettings | undefined {
  if (before === undefined || changes === undefined) return changes ?? before
  const merged = mergeSettings(before, changes)
  requireSettingsWithinLimit(merged)
  return merged
}

async function putAssets(tx: Tx, poolId: string, brandingId: string, assets: readonly BrandingAsset[]): Promise<readonly BrandingAsset[]> {
  for (const asset of assets) await putResource(tx, poolId, brandingAssets, asset)
  const all = await listResourcesUnder(tx, poolId, brandingAssets, assetPrefix(brandingId))
  requireAssetsWithinLimit(all.length)
  return all
}

async function deleteAssets(tx: Tx, poolId: string, brandingId: string): Promise<readonly BrandingAsset[]> {
  await deleteResourcesUnder(tx, poolId, brandingAssets, assetPrefix(brandingId))
  return []
}
