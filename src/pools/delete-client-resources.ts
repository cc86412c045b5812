import type { Tx } from '../storage/db.ts'
import { deleteAppClient } from './app-client-repository.ts'
import { brandingByClient, brandings } from './managed-login-branding/branding.ts'
import { assetPrefix, brandingAssets } from './managed-login-branding/branding-asset.ts'
import { deleteResource, deleteResourcesUnder, findResource } from './pool-resource-repository.ts'
import { riskConfigurations } from './risk/risk-configuration.ts'
import { termsByName, termsDocuments, termsKey, termsNames } from './terms/terms.ts'
import { uiCustomizations } from './ui-customization/ui-customization.ts'

/** Deletes the app client and everything that is configured for it only. Returns the name that it had. Undefined when the pool lacks it. */
export async function deleteClient(tx: Tx, poolId: string, clientId: string): Promise<string | undefined> {
  const name = await deleteAppClient(tx, poolId, clientId)
  if (name !== undefined) await deleteClientResources(tx, poolId, clientId)
  return name
}

/** Deletes everything that is configured for this app client only. */
export async function deleteClientResources(tx: Tx, poolId: string, clientId: string): Promise<void> {
  await deleteResource(tx, poolId, riskConfigurations, clientId)
  await deleteResource(tx, poolId, uiCustomizations, clientId)
  const branding = await findResource(tx, poolId, brandingByClient, clientId)
  if (branding !== undefined) {
    const { brandingId } = branding.config
    await deleteResourcesUnder(tx, poolId, brandingAssets, assetPrefix(brandingId))
    await deleteResource(tx, poolId, brandings, brandingId)
    await deleteResource(tx, poolId, brandingByClient, clientId)
  }
  for (const name of termsNames) {
    const byName = await findResource(tx, poolId, termsByName, termsKey(clientId, name))
    if (byName === undefined) continue
    await deleteResource(tx, poolId, termsDocuments, byName.config.termsId)
    await deleteResource(tx, poolId, termsByName, byName.id)
  }
}
