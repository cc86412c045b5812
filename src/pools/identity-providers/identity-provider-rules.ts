import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import type { Pool } from '../pool.ts'
import { type IdentityProvider, type ProviderType, socialTypes, subjectClaims } from './identity-provider.ts'
import { requireValidDetails } from './provider-details-rules.ts'

/** Throws InvalidParameterException when the provider cannot be as it is in this pool. */
export function requireValidProvider(pool: Pick<Pool, 'schema'>, provider: IdentityProvider): void {
  const { type, details, attributeMapping, acrMapping } = provider.config
  requireFittingName(provider.id, type)
  requireValidDetails(type, details)
  requireValidMapping(pool, type, attributeMapping)
  if (type !== 'OIDC' && Object.keys(acrMapping ?? {}).length > 0) {
    throw invalidParameter(`Provider ${provider.id} cannot have an AcrMapping: only OIDC providers can.`)
  }
}

/** App clients list providers by name, where COGNITO means the pool's own users and `Google` means Google. */
function requireFittingName(name: string, type: ProviderType): void {
  const isTaken = name.toUpperCase() === 'COGNITO' || socialTypes.some((social) => social.toLowerCase() === name.toLowerCase())
  const fits = socialTypes.includes(type) ? name === type : !isTaken
  if (!fits) throw invalidParameter(`Provider ${name} cannot be of type ${type}.`)
}

/** `sub` is ours to give, and who the user is at an OAuth provider is for one claim to say. */
function requireValidMapping(
  pool: Pick<Pool, 'schema'>,
  type: ProviderType,
  mapping: IdentityProvider['config']['attributeMapping'],
): void {
  const names = new Set(pool.schema.map((definition) => definition.name))
  const isSound = (name: string, claim: string) => {
    if (name === 'username') return type === 'SAML' || claim === subjectClaims[type]
    return name !== 'sub' && names.has(name)
  }
  const wrong = Object.entries(mapping).flatMap(([name, claim]) => (isSound(name, claim) ? [] : [name]))
  if (wrong.length > 0) throw invalidParameter(`AttributeMapping contains invalid mapping: [${wrong.join(', ')}]`)
}

/** The answer for an identity provider that the pool does not have. */
export function providerNotFound(name: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Identity provider ${name} does not exist.`)
}

/** The answer to an attempt to change the pool's own users as if they were a provider like the others. */
export function requireExternalProvider(name: string): void {
  if (name.toUpperCase() === 'COGNITO') {
    throw new ApiError('UnsupportedIdentityProviderException', `${name} is not an identity provider that can be changed.`)
  }
}
