import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findResource, listResourcesUnder } from '../pool-resource-repository.ts'
import { brandingByClient, brandingNotFound, brandings } from './branding.ts'
import { assetPrefix, brandingAssets } from './branding-asset.ts'
import { writeBranding } from './branding-wire.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const describeManagedLoginBrandingByClient = operation('DescribeManagedLoginBrandingByClient', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    const { pool, client } = await pools.getClientOfPool(request.UserPoolId, request.ClientId)
    const byClient = await findResource(db, pool.id, brandingByClient, client.id)
    const branding = byClient && (await findResource(db, pool.id, brandings, byClient.config.brandingId))
    if (branding === undefined) throw brandingNotFound()
    const assets = await listResourcesUnder(db, pool.id, brandingAssets, assetPrefix(branding.id))
    return { ManagedLoginBranding: writeBranding(pool.id, branding, assets, { merged: request.ReturnMergedResources }) }
  },
})
