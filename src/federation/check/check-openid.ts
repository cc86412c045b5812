import type { ServerMetadata } from 'openid-client'
import type { Clock } from '../../base/clock.ts'
import { isObject } from '../../base/is-object.ts'
import type { IdentityProvider, ProviderDetails } from '../../pools/identity-providers/identity-provider.ts'
import { completeDetails } from '../../pools/identity-providers/provider-details.ts'
import { macBytes } from '../../pools/identity-providers/signature-algorithms.ts'
import { wordsOf } from '../causes.ts'
import type { Federation } from '../federation.ts'
import { clientAuthenticationOf } from '../openid/client-authentication.ts'
import { acceptedAlgorithms } from '../openid/id-token-signature.ts'
import { givesIdTokens, problemOf } from '../openid/openid-configuration.ts'
import type { ProviderFetch } from '../provider-http.ts'
import { type CheckStatus, checkOf, listed, type ProviderCheck } from './provider-check.ts'

type Deps = { readonly clock: Clock; readonly sources: Federation['sources'] }

type Problem = readonly [CheckStatus, string]

/** What an OAuth or OpenID Connect provider publishes, compared with its settings. Each document is fetched now. */
export async function checkOpenId({ clock, sources }: Deps, provider: IdentityProvider): Promise<readonly ProviderCheck[]> {
  const details = completeDetails(provider.config)
  const issuer = details['oidc_issuer']
  const found = issuer === undefined ? undefined : await attempt(() => sources.openId.discoverNow(issuer))
  const published: Partial<ServerMetadata> = found?.value ?? {}
  const endpoints = {
    authorize_url: details['authorize_url'] ?? published.authorization_endpoint,
    token_url: details['token_url'] ?? published.token_endpoint,
    attributes_url: details['attributes_url'] ?? published.userinfo_endpoint,
    jwks_uri: details['jwks_uri'] ?? published.jwks_uri,
  }
  const needed = ['authorize_url', 'token_url', ...(givesIdTokens(provider) ? ['jwks_uri'] : [])] as (keyof typeof endpoints)[]
  const missing = needed.filter((key) => !endpoints[key])
  const known = Object.entries(endpoints).flatMap(([key, url]) => (url === undefined ? [] : [`${key} ${url}`]))
  const wrong = problemOf(provider, serverWith(published, endpoints))
  const lacks: Problem[] =
    missing.length > 0
      ? [['FAILED', `Neither the settings nor the provider say: ${missing.join(', ')}.`]]
      : wrong === undefined
        ? []
        : [['FAILED', `Sign-ins cannot begin: ${wrong}.`]]
  return [
    ...(found === undefined ? [] : [checkDiscovery(issuer ?? '', found.error, missing.length > 0)]),
    checkOf('ENDPOINTS', `The provider is called at: ${known.join(', ')}.`, lacks),
    ...(givesIdTokens(provider) && typeof endpoints.jwks_uri === 'string' ? [await checkKeys(sources.fetch, endpoints.jwks_uri)] : []),
    ...(found?.value === undefined ? [] : [checkAlgorithms(provider, found.value)]),
    await checkAuthentication(clock, details, published),
  ]
}

/** What a sign-in would use. */
const serverWith = (published: Partial<ServerMetadata>, endpoints: Readonly<Record<string, string | undefined>>): ServerMetadata => ({
  ...published,
  issuer: published.issuer ?? '',
  authorization_endpoint: endpoints['authorize_url'],
  token_endpoint: endpoints['token_url'],
  userinfo_endpoint: endpoints['attributes_url'],
  jwks_uri: endpoints['jwks_uri'],
})

type Attempt<T> = { readonly value?: T; readonly error?: unknown }

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    return { error }
  }
}

function checkDiscovery(issuer: string, error: unknown, isNeeded: boolean): ProviderCheck {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  if (error === undefined) return checkOf('METADATA', `${address} was fetched. It names the issuer ${issuer}, as oidc_issuer does.`)
  const rest = isNeeded ? '' : ' Sign-ins use the endpoints in the settings.'
  return checkOf('METADATA', '', [[isNeeded ? 'FAILED' : 'WARNING', `${address} cannot be used: ${wordsOf(error)}${rest}`]])
}

/** The key set (RFC 7517 §5). */
async function checkKeys(fetch: ProviderFetch, address: string): Promise<ProviderCheck> {
  const { value: keys, error } = await attempt(async () => {
    const response = await fetch(address, { method: 'GET', headers: { accept: 'application/json' } })
    if (response.status !== 200) throw new Error(`The status of the answer is ${response.status}.`)
    const body: unknown = JSON.parse(await response.text())
    if (!isObject(body) || !Array.isArray(body['keys'])) throw new Error('The answer is no key set.')
    return body['keys'].filter(isObject)
  })
  if (keys === undefined) {
    const words = error instanceof SyntaxError ? 'The answer is not JSON.' : wordsOf(error)
    return checkOf('KEYS', '', [['FAILED', `The keys at ${address} cannot be used: ${words}`]])
  }
  const kinds = new Set(keys.map(({ kty, alg }) => [kty, alg].filter((part) => typeof part === 'string').join(' ')))
  const none: Problem[] = keys.length === 0 ? [['FAILED', `${address} has no keys.`]] : []
  return checkOf('KEYS', `Keys were fetched from ${address}. They are of the kinds: ${listed([...kinds])}.`, none)
}

function checkAlgorithms(provider: IdentityProvider, published: ServerMetadata): ProviderCheck {
  const { id_token_signing_alg_values_supported: signing = ['RS256'], response_types_supported: types = ['code'] } = published
  const problems: Problem[] = []
  const accepted = acceptedAlgorithms(provider, signing)
  if (accepted.length === 0) {
    problems.push(['FAILED', `The provider signs ID tokens by ${listed(signing)} only, and none of them is accepted.`])
  } else if (!accepted.some((algorithm) => signing.includes(algorithm))) {
    problems.push(['WARNING', `The settings accept ${listed(accepted)} only, and the provider announces ${listed(signing)}.`])
  }
  problems.push(...shortSecretOf(provider, accepted))
  if (!types.includes('code')) problems.push(['FAILED', 'The provider does not offer the response type `code`, and no other is used.'])
  const pkce = published.code_challenge_methods_supported?.includes('S256') === true
  return checkOf(
    'ALGORITHMS',
    `ID tokens are signed by: ${listed(signing)}. PKCE is ${pkce ? 'used' : 'not offered by the provider'}.`,
    problems,
  )
}

/** RFC 7518 §3.2. Of several MACs the one with the shortest key counts: the metadata do not say which one our client gets. */
function shortSecretOf({ config: { details } }: IdentityProvider, accepted: readonly string[]): readonly Problem[] {
  const secret = details['client_secret'] ?? ''
  const [mac] = Object.entries(macBytes).filter(([name]) => accepted.includes(name))
  if (mac === undefined || Buffer.byteLength(secret) >= mac[1]) return []
  return [
    ['WARNING', `The client secret is shorter than the ${mac[1]} bytes that ${mac[0]} needs, so it could be guessed from an ID token.`],
  ]
}

async function checkAuthentication(clock: Clock, details: ProviderDetails, published: Partial<ServerMetadata>): Promise<ProviderCheck> {
  const { error } = await attempt(() => clientAuthenticationOf(details, clock))
  if (error !== undefined) return checkOf('CLIENT_AUTHENTICATION', '', [['FAILED', wordsOf(error)]])
  const { token_endpoint_auth_method: chosen, client_secret: secret, team_id: team } = details
  const method = team !== undefined || (chosen === undefined && secret) ? 'client_secret_post' : (chosen ?? 'none')
  const offered = published.token_endpoint_auth_methods_supported
  const problems: Problem[] = []
  if (offered !== undefined && !offered.includes(method)) {
    problems.push(['WARNING', `This server authenticates itself by ${method}, and the provider offers ${listed(offered)} only.`])
  }
  const good = `This server authenticates itself by ${method}. Only a sign-in shows whether the provider accepts the client id and the secret.`
  return checkOf('CLIENT_AUTHENTICATION', good, problems)
}
