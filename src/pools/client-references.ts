import type { Tx } from '../storage/db.ts'
import type { AppClient } from './app-client.ts'
import { findProviderNames, listProviderNames } from './identity-providers/identity-provider-repository.ts'
import { findExistingScopes } from './resource-servers/scopes.ts'

/** Of the things that the settings of an app client name, those that exist in the pool. */
export type ClientReferences = {
  /** The client's scopes that exist. */
  readonly scopes: ReadonlySet<string>
  /** The client's identity providers that exist. */
  readonly identityProviders: ReadonlySet<string>
  /** Whether the pool has an identity provider, so that its users can have the attribute `identities`. */
  readonly isFederated: boolean
}

export async function findClientReferences(tx: Tx, client: AppClient): Promise<ClientReferences> {
  const scopes = await findExistingScopes(tx, client.poolId, client.oauthScopes ?? [])
  const identityProviders = await findProviderNames(tx, client.poolId, client.identityProviders ?? [])
  const [firstProvider] = await listProviderNames(tx, client.poolId, 1)
  return { scopes, identityProviders, isFederated: firstProvider !== undefined }
}
