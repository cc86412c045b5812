import type { Secrets } from '../../base/secrets.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'
import type { IdentityProvider, ProviderDetails } from './identity-provider.ts'
import { secretKeys } from './provider-details.ts'

/** The provider as it is stored: its secrets are sealed, and separate from the other details. */
type StoredProvider = IdentityProvider['config'] & { readonly sealed: ProviderDetails }

export const identityProviders = resourceKind<StoredProvider>('identity-provider')

/** Resources that lead from an identifier to the provider that has it. The id of such a resource is the text of the identifier. */
export const providerIdentifiers = resourceKind<{ readonly provider: string }>('identity-provider-identifier')

export function toStored(poolId: string, provider: IdentityProvider, secrets: Secrets): PoolResource<StoredProvider> {
  const details = Object.entries(provider.config.details)
  const open = details.filter(([key]) => !secretKeys.includes(key))
  const sealed = details
    .filter(([key]) => secretKeys.includes(key))
    .map(([key, value]) => [key, secrets.seal('identity-provider', value, contextOf(poolId, provider.id, key))])
  return { ...provider, config: { ...provider.config, details: Object.fromEntries(open), sealed: Object.fromEntries(sealed) } }
}

/** @throws Error when a secret does not open; without that secret, the provider would reject every request without a clear reason */
export function fromStored(poolId: string, stored: PoolResource<StoredProvider>, secrets: Secrets): IdentityProvider {
  const { sealed, ...config } = stored.config
  const opened = Object.entries(sealed).map(([key, value]) => {
    const secret = secrets.open('identity-provider', value, contextOf(poolId, stored.id, key))
    if (secret === undefined) throw new Error(`The ${key} of identity provider ${stored.id} does not open with this master key.`)
    return [key, secret.toString()]
  })
  return { ...stored, config: { ...config, details: { ...config.details, ...Object.fromEntries(opened) } } }
}

function contextOf(poolId: string, name: string, key: string): string {
  return JSON.stringify([poolId, name, key])
}

/** The stored provider with its secrets sealed under the current master key. */
export function resealProvider(secrets: Secrets, poolId: string, id: string, config: StoredProvider): StoredProvider {
  const sealed = Object.entries(config.sealed).map(([key, value]) => [
    key,
    secrets.reseal('identity-provider', value, contextOf(poolId, id, key)),
  ])
  return { ...config, sealed: Object.fromEntries(sealed) }
}
