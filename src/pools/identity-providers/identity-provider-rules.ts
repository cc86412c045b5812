import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import type { Pool } from '../pool.ts'
import { type IdentityProvider, type ProviderType, socialTypes, subjectClaims } from './identity-provider.ts'
import { requireValidDetails } from './provider-details-rules.ts'

/** @throws ApiError InvalidParameterException when the provider is invalid in this pool */
export function requireValidProvider(pool: Pick<Pool, 'schema'>, provider: IdentityProvider): void {
  const { type, details, attributeMapping, acrMapping } = provider.config
  requireNameOfType(provider.id, type)
  requireValidDetails(type, details)
  requireValidMapping(pool, type, attributeMapping)
  if (type !== 'OIDC' && Object.keys(acrMapping ?? {}).length > 0) {
    throw invalidParameter(`Provider ${provider.id} cannot have an AcrMapping: only OIDC providers can.`)
  }
}

/**
 * Checks the name of a provider. A provider of a social type must have the name of its type; no other provider may have such a name or be
 * called `COGNITO`. App clients list providers by name, and there `COGNITO` means the pool's own users and `Google` means Google.
 */
function requireNameOfType(name: string, type: ProviderType): void {
  const isReserved = name.toUpperCase() === 'COGNITO' || socialTypes.some((social) => social.toLowerCase() === name.toLowerCase())
  const fits = socialTypes.includes(type) ? name === type : !isReserved
  if (!fits) throw invalidParameter(`Provider ${name} cannot be of type ${type}.`)
}

/** A mapping cannot set `sub`: the server sets it. For an OAuth provider, `username` must come from the claim that identifies the user. */
function requireValidMapping(
  pool: Pick<Pool, 'schema'>,
  type: ProviderType,
  mapping: IdentityProvider['config']['attributeMapping'],
): void {
  const names = new Set(pool.schema.map((definition) => definition.name))
  const isValid = (name: string, claim: string) => {
    if (name === 'username') return type === 'SAML' || claim === subjectClaims[type]
    return name !== 'sub' && names.has(name)
  }
  const invalid = Object.entries(mapping).flatMap(([name, claim]) => (isValid(name, claim) ? [] : [name]))
  if (invalid.length > 0) throw invalidParameter(`AttributeMapping contains invalid mapping: [${invalid.join(', ')}]`)
}

/** The error for an identity provider that the pool does not have. */
export function providerNotFound(name: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Identity provider ${name} does not exist.`)
}

/**
 * Rejects the name `COGNITO`: it stands for the pool's own users, not for an identity provider.
 * @throws ApiError UnsupportedIdentityProviderException when the name is `COGNITO`
 */
export function requireExternalProvider(name: string): void {
  if (name.toUpperCase() === 'COGNITO') {
    throw new ApiError('UnsupportedIdentityProviderException', `${name} is not an identity provider that can be changed.`)
  }
}
