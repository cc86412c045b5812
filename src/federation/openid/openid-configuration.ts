import * as client from 'openid-client'
import type { Clock } from '../../base/clock.ts'
import { hourMs } from '../../base/durations.ts'
import { isObject } from '../../base/is-object.ts'
import type { IdentityProvider, ProviderDetails } from '../../pools/identity-providers/identity-provider.ts'
import { completeDetails } from '../../pools/identity-providers/provider-details.ts'
import { causesOf } from '../causes.ts'
import { FederationError } from '../federation-error.ts'
import { createKeptDocuments } from '../kept-documents.ts'
import type { ProviderFetch } from '../provider-http.ts'
import { clientAuthenticationOf } from './client-authentication.ts'

/** How long the metadata of an issuer is used before it is fetched again. */
const metadataMs = hourMs
const timeoutSeconds = 10

type Deps = { readonly clock: Clock; readonly fetch: ProviderFetch; readonly onStale: (url: string, error: unknown) => void }

/** A provider's endpoints and keys, and our client there, as `openid-client` needs them. */
export type OpenIdConfigurations = {
  of(poolId: string, provider: IdentityProvider): Promise<client.Configuration>
  /** What the issuer publishes now. Sign-ins use it from then on. */
  discoverNow(issuer: string): Promise<client.ServerMetadata>
}

/** Metadata is fetched from an issuer only where the settings of the provider leave an endpoint out. */
export function createOpenIdConfigurations({ clock, fetch, onStale }: Deps): OpenIdConfigurations {
  const load = async (issuer: string) => ({ value: await discover(issuer, fetch), freshMs: metadataMs, validUntil: undefined })
  const documents = createKeptDocuments({ clock, onStale, load })

  return {
    discoverNow: documents.fetchNow,
    async of(poolId, provider) {
      const details = completeDetails(provider.config)
      const given = givenMetadata(poolId, provider, details)
      const server = isComplete(provider, given) ? given : { ...(await documents.of(given.issuer)), ...given }
      // The library compares times with the clock of the machine.
      const clientMetadata = { [client.clockSkew]: Math.round((clock.now() - Date.now()) / 1000), [client.clockTolerance]: 60 }
      const id = details['client_id'] ?? ''
      const configuration = new client.Configuration(server, id, clientMetadata, await clientAuthenticationOf(details, clock))
      return prepared(configuration, fetch, server.issuer)
    },
  }
}

async function discover(issuer: string, fetch: ProviderFetch): Promise<client.ServerMetadata> {
  const execute = isHttp(issuer) ? [client.allowInsecureRequests] : []
  // The client is of no account here: only the metadata is kept.
  const options = { [client.customFetch]: fetch, timeout: timeoutSeconds, execute }
  const found = await client.discovery(new URL(issuer), 'discovery', undefined, client.None(), options).catch((error: unknown) => {
    throw explainedDiscovery(issuer, error)
  })
  const { supportsPKCE: _helper, ...metadata } = found.serverMetadata()
  requireUrls(metadata)
  return metadata
}

/** The library takes the endpoints as they are. A browser is sent to the first, and the others are shown to administrators. */
function requireUrls(metadata: client.ServerMetadata): void {
  const keys = ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri'] as const
  const wrong = keys.filter((key) => metadata[key] !== undefined && !isWebUrl(metadata[key]))
  if (wrong.length > 0) throw new FederationError(`The provider names no usable URL as ${wrong.join(', ')}.`, { reason: 'settings' })
}

const isWebUrl = (value: unknown): boolean => typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '')

/** The library does not say which issuer the document names. OpenID Connect Discovery §4.3 wants the one that was asked. */
function explainedDiscovery(issuer: string, error: unknown): unknown {
  const documents = causesOf(error).map(({ cause }) => (isObject(cause) && isObject(cause['body']) ? cause['body']['issuer'] : undefined))
  const other = documents.find((named) => typeof named === 'string')
  if (other === undefined) return error
  const words = `The provider names the issuer ${other.slice(0, 200)}, but oidc_issuer is ${issuer}.`
  return new FederationError(words, { reason: 'settings', cause: error })
}

function prepared(configuration: client.Configuration, fetch: ProviderFetch, issuer: string): client.Configuration {
  configuration[client.customFetch] = fetch
  configuration.timeout = timeoutSeconds
  if (isHttp(issuer)) client.allowInsecureRequests(configuration)
  // Signatures of ID tokens are checked although TLS vouches for the token endpoint, as at Cognito.
  if (configuration.serverMetadata().jwks_uri !== undefined) client.enableNonRepudiationChecks(configuration)
  return configuration
}

/** Only URLs of loopback hosts may begin with http: the rules for providers see to that. */
const isHttp = (url: string): boolean => url.startsWith('http:')

/** The endpoints that the settings of the provider name. Each takes the place of the discovered one. */
function givenMetadata(poolId: string, provider: IdentityProvider, details: ProviderDetails): client.ServerMetadata {
  const endpoints = {
    authorization_endpoint: details['authorize_url'],
    token_endpoint: details['token_url'],
    userinfo_endpoint: details['attributes_url'],
    jwks_uri: details['jwks_uri'],
  }
  const given = Object.fromEntries(Object.entries(endpoints).filter((entry): entry is [string, string] => Boolean(entry[1])))
  // Providers without OpenID Connect have no issuer. The name only has to be there, and has to be one that no other provider has.
  return { ...given, issuer: details['oidc_issuer'] ?? `https://${provider.id}.${poolId}.invalid` }
}

function isComplete(provider: IdentityProvider, { authorization_endpoint, token_endpoint, jwks_uri }: client.ServerMetadata): boolean {
  const hasEndpoints = authorization_endpoint !== undefined && token_endpoint !== undefined
  return hasEndpoints && (jwks_uri !== undefined || !givesIdTokens(provider))
}

/** Whether providers of this type give ID tokens. Facebook and Amazon speak OAuth 2.0 only. */
export const givesIdTokens = ({ config: { type } }: IdentityProvider): boolean => type !== 'Facebook' && type !== 'LoginWithAmazon'
