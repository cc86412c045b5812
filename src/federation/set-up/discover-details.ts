import type { Logger } from '../../base/logger.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import type { DiscoverDetails, IdentityProvider, ProviderDetails } from '../../pools/identity-providers/identity-provider.ts'
import { causesOf, wordsOf } from '../causes.ts'
import { FederationError } from '../federation-error.ts'
import type { OpenIdConfigurations } from '../openid/openid-configuration.ts'
import { ProviderUnreachable } from '../provider-http.ts'
import type { SamlMetadataSource } from '../saml/metadata-source.ts'

type Deps = {
  readonly openId: Pick<OpenIdConfigurations, 'discoverNow'>
  readonly saml: Pick<SamlMetadataSource, 'fetchNow'>
  readonly logger: Pick<Logger, 'warn'>
  /** Whether a provider that gives no answer is refused. What it answers is checked in any case. */
  readonly mustAnswer: boolean
}

/** What SAML and OpenID Connect providers say about themselves when they are set up. The endpoints of the other types are known. */
export function createDetailsDiscovery({ openId, saml, logger, mustAnswer }: Deps): DiscoverDetails {
  return async (provider) => {
    try {
      if (provider.config.type === 'SAML') return detailsOfMetadata(await saml.fetchNow(provider))
      return provider.config.type === 'OIDC' ? await discoverEndpoints(openId, provider) : {}
    } catch (error) {
      const isStored = !mustAnswer && isSilence(error)
      const fate = isStored ? 'It is stored nevertheless.' : 'It is refused.'
      logger.warn({ provider: provider.id, cause: wordsOf(error) }, `What a new identity provider publishes cannot be read. ${fate}`)
      if (isStored) return {}
      throw refusalOf(provider, error)
    }
  }
}

/** Whether the provider gave no answer at all. One at an address that is not allowed, or that answers too much, will not do so later. */
const isSilence = (error: unknown): boolean =>
  causesOf(error).some((cause) => cause instanceof ProviderUnreachable && ['unreachable', 'timeout'].includes(cause.failure))

function detailsOfMetadata({ signOnUrl, logoutUrl }: Awaited<ReturnType<SamlMetadataSource['fetchNow']>>): ProviderDetails {
  return { SSORedirectBindingURI: signOnUrl, ...(logoutUrl !== undefined && { SLORedirectBindingURI: logoutUrl }) }
}

async function discoverEndpoints({ discoverNow }: Deps['openId'], { config: { details } }: IdentityProvider): Promise<ProviderDetails> {
  const { oidc_issuer: issuer = '', authorize_url, token_url, attributes_url, jwks_uri } = details
  const canSignIn = Boolean(authorize_url && token_url && jwks_uri)
  if (canSignIn && attributes_url) return {}
  try {
    const { authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri: keys } = await discoverNow(issuer)
    const found = { authorize_url: authorization_endpoint, token_url: token_endpoint, attributes_url: userinfo_endpoint, jwks_uri: keys }
    return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== undefined))
  } catch (error) {
    // Some issuers publish nothing. Their endpoints are in the settings, and the ID token alone gives the attributes.
    if (canSignIn) return {}
    throw error
  }
}

function refusalOf({ config: { type, details } }: IdentityProvider, error: unknown) {
  if (type === 'SAML') return error instanceof FederationError ? invalidParameter(error.message) : error
  const { oidc_issuer: issuer = '' } = details
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  return invalidParameter(
    `Error retrieving the configuration from ${address}: ${wordsOf(error)} Correct oidc_issuer, or set authorize_url, token_url, attributes_url and jwks_uri.`,
  )
}
