import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findResource, listResourcesUnder } from '../pool-resource-repository.ts'
import { brandingNotFound, brandings } from './branding.ts'
import { assetPrefix, brandingAssets } from './branding-asset.ts'
import { writeBranding } from './branding-wire.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const describeManagedLoginBranding = operation('DescribeManagedLoginBranding', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const branding = await findResource(db, pool.id, brandings, request.ManagedLoginBrandingId)
    if (branding === undefined) throw brandingNotFound()
    const assets = await listResourcesUnder(db, pool.id, brandingAssets, assetPrefix(branding.id))
    return { ManagedLoginBranding: writeBranding(pool.id, branding, assets, { merged: request.ReturnMergedResources }) }
  },
})
