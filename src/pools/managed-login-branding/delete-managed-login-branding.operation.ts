import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteResource, deleteResourcesUnder, lockResource } from '../pool-resource-repository.ts'
import { brandingByClient, brandingNotFound, brandings } from './branding.ts'
import { assetPrefix, brandingAssets } from './branding-asset.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const deleteManagedLoginBranding = operation('DeleteManagedLoginBranding', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools }: Deps, { audit }: AuditedCaller) {
    const { id: poolId } = await pools.getPool(request.UserPoolId)
    await db.transaction().execute(async (tx) => {
      const branding = await lockResource(tx, poolId, brandings, request.ManagedLoginBrandingId)
      if (branding === undefined) throw brandingNotFound()
      await deleteResourcesUnder(tx, poolId, brandingAssets, assetPrefix(branding.id))
      await deleteResource(tx, poolId, brandings, branding.id)
      await deleteResource(tx, poolId, brandingByClient, branding.config.clientId)
      await audit.record(tx, { detail: `client: ${branding.config.clientId}` })
    })
    await pools.invalidate(poolId)
  },
})
