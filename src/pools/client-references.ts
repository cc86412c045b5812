import type { Tx } from '../storage/db.ts'
import type { AppClient } from './app-client.ts'
import { findProviderNames, listProviderNames } from './identity-providers/identity-provider-repository.ts'
import { findExistingScopes } from './resource-servers/scopes.ts'

/** What there is in the pool of the things that an app client can name. */
export type ClientReferences = {
  /** Those of the client's scopes that exist. */
  readonly scopes: ReadonlySet<string>
  /** Those of the client's identity providers that exist. */
  readonly identityProviders: ReadonlySet<string>
  /** Whether users can have come from elsewhere, which is what the attribute `identities` tells of them. */
  readonly isFederated: boolean
}

export async function findClientReferences(tx: Tx, client: AppClient): Promise<ClientReferences> {
  const scopes = await findExistingScopes(tx, client.poolId, client.oauthScopes ?? [])
  const identityProviders = await findProviderNames(tx, client.poolId, client.identityProviders ?? [])
  const [someProvider] = await listProviderNames(tx, client.poolId, 1)
  return { scopes, identityProviders, isFederated: someProvider !== undefined }
}
