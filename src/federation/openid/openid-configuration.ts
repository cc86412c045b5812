import * as client from 'openid-client'
import type { Clock } from '../../base/clock.ts'
import { hourMs } from '../../base/durations.ts'
import { isObject } from '../../base/is-object.ts'
import { isLoopbackHost } from '../../loopback.ts'
import type { IdentityProvider, ProviderDetails } from '../../pools/identity-providers/identity-provider.ts'
import { completeDetails } from '../../pools/identity-providers/provider-details.ts'
import { causesOf } from '../causes.ts'
import { FederationError } from '../federation-error.ts'
import { createKeptDocuments } from '../kept-documents.ts'
import type { ProviderFetch } from '../provider-http.ts'
import { clientAuthenticationOf } from './client-authentication.ts'
import { acceptedAlgorithms } from './id-token-signature.ts'

/** How long the metadata of an issuer is used before it is fetched again. */
const metadataMs = hourMs
/** The most characters of the metadata of an issuer. Those of large providers have about 8,000. */
const mostMetadataCharacters = 64 * 1024
const timeoutSeconds = 10

type Deps = {
  readonly clock: Clock
  readonly fetch: ProviderFetch
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
  readonly onStale: (url: string, error: unknown) => void
}

/** A provider's endpoints and keys, and our client there, as `openid-client` needs them. */
export type OpenIdConfigurations = {
  of(poolId: string, provider: IdentityProvider): Promise<client.Configuration>
  /** The same, with the endpoint for logouts. The settings of providers do not name it, so it is fetched from the issuer. */
  withLogout(poolId: string, provider: IdentityProvider): Promise<client.Configuration>
  /** What the issuer publishes now. Sign-ins use it from then on. */
  discoverNow(issuer: string): Promise<client.ServerMetadata>
}

/** Metadata is fetched from an issuer only where the settings of the provider leave an endpoint out. */
export function createOpenIdConfigurations({ clock, fetch, withoutSlot, onStale }: Deps): OpenIdConfigurations {
  const load = async (issuer: string) => ({ value: await discover(issuer, fetch), freshMs: metadataMs, validUntil: undefined })
  const documents = createKeptDocuments({ clock, withoutSlot, onStale, load })

  async function configure(poolId: string, provider: IdentityProvider, needsAll: boolean): Promise<client.Configuration> {
    const details = completeDetails(provider.config)
    const given = givenMetadata(poolId, provider, details)
    const isEnough = isComplete(provider, given) && !needsAll
    const found: Partial<client.ServerMetadata> = isEnough ? {} : await documents.of(given.issuer)
    // Tokens name the issuer as its metadata does. The settings may lack its last slash.
    const published = isComplete(provider, given) ? undefined : (found.id_token_signing_alg_values_supported ?? ['RS256'])
    const algorithms = { id_token_signing_alg_values_supported: [...acceptedAlgorithms(provider, published)] }
    const server = { ...found, ...given, ...algorithms, issuer: found.issuer ?? given.issuer }
    const problem = problemOf(provider, server)
    if (problem !== undefined) {
      documents.forget(given.issuer)
      throw new FederationError(`${provider.id} Error - ${problem}`, { reason: 'settings' })
    }
    // The library compares times with the clock of the machine.
    const clientMetadata = { [client.clockSkew]: Math.round((clock.now() - Date.now()) / 1000), [client.clockTolerance]: 60 }
    const id = details['client_id'] ?? ''
    const configuration = new client.Configuration(server, id, clientMetadata, await clientAuthenticationOf(details, clock))
    return prepared(configuration, fetch, given)
  }

  return {
    discoverNow: documents.fetchNow,
    of: (poolId, provider) => configure(poolId, provider, false),
    withLogout: (poolId, provider) => configure(poolId, provider, true),
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
  return withReadableLists(metadata)
}

/** The lists of metadata that the library or this server reads. */
const listNames: readonly string[] = [
  ...['code_challenge_methods_supported', 'id_token_signing_alg_values_supported'],
  ...['response_types_supported', 'token_endpoint_auth_methods_supported'],
]

/** The library fails for these members unless each is an array of strings. So other values are removed before it reads them. */
function withReadableLists(metadata: client.ServerMetadata): client.ServerMetadata {
  const entries = Object.entries(metadata).flatMap(([name, value]): [string, unknown][] => {
    if (!listNames.includes(name)) return [[name, value]]
    return Array.isArray(value) ? [[name, value.filter((one) => typeof one === 'string')]] : []
  })
  return { ...Object.fromEntries(entries), issuer: metadata.issuer }
}

/**
 * Why the endpoints cannot be used. Without a key set the signature of an ID token could not be checked. The browser is sent to the
 * authorization endpoint, so this must not be a script. Codes, tokens and keys need TLS on their way to all hosts but loopback ones.
 */
export function problemOf(provider: IdentityProvider, server: client.ServerMetadata): string | undefined {
  const needed = ['authorization_endpoint', 'token_endpoint', ...(givesIdTokens(provider) ? ['jwks_uri'] : [])]
  const missing = needed.find((name) => server[name] === undefined)
  if (missing !== undefined) return `the metadata has no ${missing}`
  if (JSON.stringify(server).length > mostMetadataCharacters) return 'the metadata is too long'
  const wrong = [...needed, 'userinfo_endpoint'].find((name) => server[name] !== undefined && !isUsable(server[name]))
  return wrong === undefined ? undefined : `the ${wrong} is no URL that can be used`
}

/** Whether an endpoint in metadata is a URL that the server or a browser may be sent to. */
export function isUsable(text: unknown): boolean {
  const url = typeof text === 'string' ? URL.parse(text) : null
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
}

/** The library does not say which issuer the document names. OpenID Connect Discovery §4.3 wants the one that was asked. */
function explainedDiscovery(issuer: string, error: unknown): unknown {
  const documents = causesOf(error).map(({ cause }) => (isObject(cause) && isObject(cause['body']) ? cause['body']['issuer'] : undefined))
  const other = documents.find((named) => typeof named === 'string')
  if (other === undefined) return error
  const words = `The provider names the issuer ${other.slice(0, 200)}, but oidc_issuer is ${issuer}.`
  return new FederationError(words, { reason: 'settings', cause: error })
}

function prepared(configuration: client.Configuration, fetch: ProviderFetch, given: client.ServerMetadata): client.Configuration {
  configuration[client.customFetch] = fetch
  configuration.timeout = timeoutSeconds
  if (Object.values(given).some(isHttp)) client.allowInsecureRequests(configuration)
  return configuration
}

/** Only URLs of loopback hosts may begin with http: the rules for providers and `problemOf` see to that. */
const isHttp = (url: unknown): boolean => typeof url === 'string' && url.startsWith('http:')

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
  const issuer = details['oidc_issuer'] ?? `https://${provider.id}.${poolId}.invalid`
  return { ...given, issuer }
}

function isComplete(provider: IdentityProvider, { authorization_endpoint, token_endpoint, jwks_uri }: client.ServerMetadata): boolean {
  const hasEndpoints = authorization_endpoint !== undefined && token_endpoint !== undefined
  return hasEndpoints && (jwks_uri !== undefined || !givesIdTokens(provider))
}

/** Whether providers of this type give ID tokens. Facebook and Amazon speak OAuth 2.0 only. */
export const givesIdTokens = ({ config: { type } }: IdentityProvider): boolean => type !== 'Facebook' && type !== 'LoginWithAmazon'
