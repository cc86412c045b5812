import type { Logger } from '../../base/logger.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import type { DiscoverDetails, IdentityProvider, ProviderDetails } from '../../pools/identity-providers/identity-provider.ts'
import { causesOf, wordsOf } from '../causes.ts'
import { FederationError } from '../federation-error.ts'
import { type OpenIdConfigurations, problemOf } from '../openid/openid-configuration.ts'
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

/** Whether the provider gave no answer at all. Later it may run, or the operator may allow its address. */
const isSilence = (error: unknown): boolean =>
  causesOf(error).some(
    (cause) => cause instanceof ProviderUnreachable && ['unreachable', 'timeout', 'refused-address'].includes(cause.failure),
  )

function detailsOfMetadata({ signOnUrl, logoutUrl }: Awaited<ReturnType<SamlMetadataSource['fetchNow']>>): ProviderDetails {
  return { SSORedirectBindingURI: signOnUrl, ...(logoutUrl !== undefined && { SLORedirectBindingURI: logoutUrl }) }
}

async function discoverEndpoints({ discoverNow }: Deps['openId'], provider: IdentityProvider): Promise<ProviderDetails> {
  const { details } = provider.config
  const { oidc_issuer: issuer = '', authorize_url, token_url, attributes_url, jwks_uri } = details
  const canSignIn = Boolean(authorize_url && token_url && jwks_uri)
  if (canSignIn && attributes_url) return {}
  try {
    const published = await discoverNow(issuer)
    const { authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri: keys } = published
    const given = { authorization_endpoint: authorize_url, token_endpoint: token_url, userinfo_endpoint: attributes_url, jwks_uri }
    const problem = problemOf(provider, { ...published, ...withoutMissing(given) })
    if (problem !== undefined) throw new FederationError(`${provider.id} Error - ${problem}.`, { reason: 'settings' })
    const found = { authorize_url: authorization_endpoint, token_url: token_endpoint, attributes_url: userinfo_endpoint, jwks_uri: keys }
    return withoutMissing(found)
  } catch (error) {
    // Some issuers publish nothing. Their endpoints are in the settings, and the ID token alone gives the attributes.
    if (canSignIn) return {}
    throw error
  }
}

const withoutMissing = (texts: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).filter((entry): entry is [string, string] => Boolean(entry[1])))

function refusalOf({ config: { type, details } }: IdentityProvider, error: unknown) {
  if (type === 'SAML') return error instanceof FederationError ? invalidParameter(error.message) : error
  const { oidc_issuer: issuer = '' } = details
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  return invalidParameter(
    `Error retrieving the configuration from ${address}: ${wordsOf(error)} Correct oidc_issuer, or set authorize_url, token_url, attributes_url and jwks_uri.`,
  )
}
