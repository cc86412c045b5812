import type { Tx } from '../storage/db.ts'
import type { AppClient } from './app-client.ts'
import { findProviderNames, listProviderNames } from './identity-providers/identity-provider-repository.ts'
import { findExistingScopes } from './resource-servers/scopes.ts'

/** The scopes and identity providers that the settings of an app client name and that exist in the pool. */
export type ClientReferences = {
  /** The scopes that the client names and that exist: Cognito's own scopes, and scopes of the pool's resource servers. */
  readonly scopes: ReadonlySet<string>
  /** The names of the client's identity providers that exist in the pool. */
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
