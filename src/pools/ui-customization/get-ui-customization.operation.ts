import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { allClients } from '../app-client.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findResource } from '../pool-resource-repository.ts'
import { requireDomain, uiCustomizations } from './ui-customization.ts'
import { writeUiCustomization } from './ui-customization-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; publicUrl: string }

/** Returns the client's own customization, or else the one for all clients. The returned object is empty when neither was set. */
export const getUICustomization = operation('GetUICustomization', {
  auth: 'iam',

  async handle(request, { db, pools, publicUrl }: Deps) {
    const { UserPoolId: poolId, ClientId: id = allClients } = request
    await pools.getPool(poolId)
    if (id !== allClients) await pools.getClientOfPool(poolId, id)
    await requireDomain(db, poolId)
    const found = (await findResource(db, poolId, uiCustomizations, id)) ?? (await findResource(db, poolId, uiCustomizations, allClients))
    return { UICustomization: found === undefined ? {} : writeUiCustomization(poolId, found, publicUrl) }
  },
})
