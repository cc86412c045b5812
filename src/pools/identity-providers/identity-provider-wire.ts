import type {
  CreateIdentityProviderRequest,
  IdentityProviderType,
  ProviderDescription,
  UpdateIdentityProviderRequest,
} from '../../contract/generated/types.ts'
import { type IdentityProvider, type ProviderDetails, type ProviderSummary, type ProviderType, subjectClaims } from './identity-provider.ts'
import { completeDetails, shownDetails, usedDiscoveries, withoutAddedDetails } from './provider-details.ts'

export function readNewProvider(request: CreateIdentityProviderRequest, now: number): IdentityProvider {
  const { ProviderType: type } = request
  return {
    id: request.ProviderName,
    createdAt: now,
    updatedAt: now,
    config: {
      type,
      details: withoutAddedDetails(type, request.ProviderDetails),
      attributeMapping: readMapping(type, request.AttributeMapping),
      identifiers: [...new Set(request.IdpIdentifiers)],
      acrMapping: request.AcrMapping && { ...request.AcrMapping },
    },
  }
}

/**
 * `provider` after UpdateIdentityProvider. Members of the request replace the old members as a whole; all other members stay. A private key
 * stays even when the new details lack it. Otherwise a caller that sends back the details of a response would delete the key, because
 * responses never show it.
 */
export function readProviderUpdate(provider: IdentityProvider, request: UpdateIdentityProviderRequest, now: number): IdentityProvider {
  const { type, details, discovered = {}, attributeMapping, identifiers, acrMapping } = provider.config
  const sent = request.ProviderDetails && withoutAddedDetails(type, request.ProviderDetails, usedDiscoveries(provider.config))
  return {
    ...provider,
    updatedAt: now,
    config: {
      type,
      details: sent === undefined ? details : { ...privateKey(details), ...sent },
      discovered,
      attributeMapping: request.AttributeMapping === undefined ? attributeMapping : readMapping(type, request.AttributeMapping),
      identifiers: request.IdpIdentifiers === undefined ? identifiers : [...new Set(request.IdpIdentifiers)],
      acrMapping: request.AcrMapping === undefined ? acrMapping : { ...request.AcrMapping },
    },
  }
}

export function writeProvider(poolId: string, provider: IdentityProvider): IdentityProviderType {
  return {
    UserPoolId: poolId,
    ProviderName: provider.id,
    ProviderType: provider.config.type,
    ProviderDetails: shownDetails(provider.config),
    AttributeMapping: { ...provider.config.attributeMapping },
    IdpIdentifiers: provider.config.identifiers,
    AcrMapping: provider.config.acrMapping && { ...provider.config.acrMapping },
    LastModifiedDate: new Date(provider.updatedAt),
    CreationDate: new Date(provider.createdAt),
  }
}

/** The detail of the audit record of a call that shows the provider: whether the answer has a secret. Never the secret. */
export function detailOfShown({ config }: IdentityProvider): string | undefined {
  return completeDetails(config)['client_secret'] === undefined ? undefined : 'shown: ProviderDetails.client_secret'
}

export function writeProviderDescription(provider: ProviderSummary): ProviderDescription {
  return {
    ProviderName: provider.id,
    ProviderType: provider.type,
    LastModifiedDate: new Date(provider.updatedAt),
    CreationDate: new Date(provider.createdAt),
  }
}

/** For an OAuth provider, the mapping always names the claim that becomes the username, even when the request does not. */
function readMapping(type: ProviderType, mapping: Readonly<Record<string, string>> = {}): IdentityProvider['config']['attributeMapping'] {
  return type === 'SAML' ? { ...mapping } : { username: subjectClaims[type], ...mapping }
}

function privateKey({ private_key: key }: ProviderDetails): ProviderDetails {
  return key === undefined ? {} : { private_key: key }
}
