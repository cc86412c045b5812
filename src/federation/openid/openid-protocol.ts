import * as client from 'openid-client'
import type { IdentityProvider, ProviderDetails } from '../../pools/identity-providers/identity-provider.ts'
import { subjectClaims } from '../../pools/identity-providers/identity-provider.ts'
import { completeDetails } from '../../pools/identity-providers/provider-details.ts'
import type { JsonObject } from '../../triggers/trigger.ts'
import { type FederatedIdentity, isTooDeep, textsOfClaims } from '../federated-identity.ts'
import { FederationError } from '../federation-error.ts'
import type { ProviderAnswer, ProviderLogoutRequest, ProviderProof, ProviderProtocol, ProviderRequest } from '../provider.ts'
import type { ProviderFetch } from '../provider-http.ts'
import { verifySignature } from './id-token-signature.ts'
import { givesIdTokens, isUsable, type OpenIdConfigurations } from './openid-configuration.ts'
import { explainOpenIdError } from './openid-errors.ts'
import { fetchUserClaims } from './user-claims.ts'

type Deps = { readonly configurations: OpenIdConfigurations; readonly fetch: ProviderFetch }

/** Sign-in by OAuth 2.0 and OpenID Connect, with `openid-client`. The code flow only, as at Cognito. */
export function createOpenIdProtocol({ configurations, fetch }: Deps): ProviderProtocol {
  return {
    async begin(request) {
      const { poolId, provider, redirectUri, state, nonce } = request
      return explainOpenIdError(provider, undefined, async () => {
        const configuration = await configurations.of(poolId, provider)
        const verifier = configuration.serverMetadata().supportsPKCE() ? client.randomPKCECodeVerifier() : undefined
        const location = client.buildAuthorizationUrl(configuration, await parametersFor(request, verifier))
        return { location: location.href, proof: { redirectUri, state, nonce, verifier } }
      })
    },

    async finish(provider, { poolId, proof, answer }) {
      requireNoError(provider, answer)
      const configuration = await explainOpenIdError(provider, undefined, () => configurations.of(poolId, provider))
      return explainOpenIdError(provider, configuration.serverMetadata(), () =>
        identify({ configuration, fetch }, provider, { proof, answer }),
      )
    },

    async beginLogout(request) {
      const { poolId, provider } = request
      if (!givesIdTokens(provider)) return undefined
      return explainOpenIdError(provider, undefined, async () => {
        const configuration = await configurations.withLogout(poolId, provider)
        const endpoint: unknown = configuration.serverMetadata().end_session_endpoint
        if (endpoint === undefined) return undefined
        // The address carries the ID token.
        if (!isUsable(endpoint))
          throw new FederationError(`${provider.id} Error - the end_session_endpoint is no URL that can be used`, { reason: 'settings' })
        return { location: client.buildEndSessionUrl(configuration, logoutParametersFor(request)).href }
      })
    },

    /** The state says all: RP-Initiated Logout 1.0 §3 gives no answer that could be verified. */
    async finishLogout() {
      return undefined
    },
  }
}

async function parametersFor(request: ProviderRequest, verifier: string | undefined): Promise<URLSearchParams> {
  const { provider, redirectUri, state, nonce } = request
  const details = completeDetails(provider.config)
  const scope = details['authorize_scopes']
  return new URLSearchParams({
    response_type: 'code',
    redirect_uri: redirectUri,
    state,
    ...(scope && { scope }),
    ...(givesIdTokens(provider) && { nonce }),
    ...(verifier !== undefined && {
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }),
    ...wishesFor(request, details),
  })
}

/** OpenID Connect RP-Initiated Logout 1.0 §2. The library adds the client id. Without an ID token the provider may ask the user. */
const logoutParametersFor = ({ session, returnUri, state }: ProviderLogoutRequest): URLSearchParams =>
  new URLSearchParams({
    post_logout_redirect_uri: returnUri,
    state,
    ...(session.idToken !== undefined && { id_token_hint: session.idToken }),
  })

/** What each type of provider knows beside the standard parameters. */
function wishesFor({ provider, loginHint, prompts, mostAgeSeconds }: ProviderRequest, details: ProviderDetails): Record<string, string> {
  switch (provider.config.type) {
    case 'OIDC':
      return {
        ...(loginHint !== undefined && { login_hint: loginHint }),
        ...promptOf(prompts, ['login', 'select_account', 'consent']),
        // With it, the ID token has to have `auth_time` (OpenID Connect Core §2).
        ...(mostAgeSeconds !== undefined && { max_age: String(mostAgeSeconds) }),
      }
    case 'Google':
      return {
        ...promptOf(prompts, ['select_account', 'consent']),
        // Google knows no max_age. It tells the time to apps with its Security Bundle, if they ask.
        ...(mostAgeSeconds !== undefined && { claims: JSON.stringify({ id_token: { auth_time: { essential: true } } }) }),
      }
    case 'SignInWithApple':
      // Apple gives name and address only in a form.
      return details['authorize_scopes'] ? { response_mode: 'form_post' } : {}
    default:
      return {}
  }
}

function promptOf(prompts: readonly string[], known: readonly string[]): Record<string, string> {
  const passed = prompts.filter((prompt) => known.includes(prompt))
  return passed.length === 0 ? {} : { prompt: passed.join(' ') }
}

/** The errors that say that the user declined. The second one is Apple's. */
const declined: readonly string[] = ['access_denied', 'user_cancelled_authorize']

/** RFC 6749 §4.1.2.1. The provider's words go on to the app, as at Cognito. */
function requireNoError(provider: IdentityProvider, answer: ProviderAnswer): void {
  const error = answer.get('error')
  if (error === undefined) return
  const text = answer.get('error_description') ?? `${provider.id} Error - ${error}`
  const isDeclined = declined.includes(error)
  throw new FederationError(text.slice(0, 500), {
    error: isDeclined ? 'access_denied' : 'invalid_request',
    reason: isDeclined ? 'declined' : 'provider-error',
  })
}

type Answered = { readonly proof: ProviderProof; readonly answer: ProviderAnswer }

/**
 * The user info without the flag of an address that the ID token has: `email_verified` says something of the address beside it only.
 */
function withoutStrayFlags(userInfo: JsonObject, idToken: JsonObject): JsonObject {
  const stray = ['email', 'phone_number'].filter((name) => idToken[name] !== undefined).map((name) => `${name}_verified`)
  return Object.fromEntries(Object.entries(userInfo).filter(([name]) => !stray.includes(name)))
}

async function identify(
  { configuration, fetch }: { readonly configuration: client.Configuration; readonly fetch: ProviderFetch },
  provider: IdentityProvider,
  { proof, answer }: Answered,
): Promise<FederatedIdentity> {
  const hasIdToken = givesIdTokens(provider)
  const tokens = await client.authorizationCodeGrant(configuration, addressOf(provider, proof, answer), {
    expectedState: proof.state,
    ...(hasIdToken && { expectedNonce: proof.nonce }),
    ...(proof.verifier !== undefined && { pkceCodeVerifier: proof.verifier }),
  })
  if (hasIdToken) await requireSignature(fetch, configuration, provider, tokens.id_token)
  const idToken: JsonObject = (hasIdToken && tokens.claims()) || {}
  const received = await fetchUserClaims(configuration, provider, { accessToken: tokens.access_token, idToken, answer })
  const userInfo = withoutStrayFlags(received, idToken)
  if ([tokens, idToken, userInfo].some((claims) => isTooDeep(claims)))
    throw new FederationError(`${provider.id} Error - the claims are nested too deep`)
  // What the ID token says is signed, so it counts more.
  const claims = textsOfClaims({ ...userInfo, ...idToken, access_token: tokens.access_token, id_token: tokens.id_token })
  const subject = claims[subjectClaimOf(provider)]
  if (!subject) throw new FederationError(`${provider.id} Error - the answer has no ${subjectClaimOf(provider)}`)
  return {
    provider,
    subject,
    issuer: hasIdToken ? configuration.serverMetadata().issuer : undefined,
    claims,
    authenticatedAt: authTimeIn(idToken),
    session: { providerName: provider.id, idToken: hasIdToken ? tokens.id_token : undefined },
    received: { tokenResponse: { ...tokens }, idToken: textsOfClaims(idToken), userInfo: textsOfClaims(userInfo) },
  }
}

/** `auth_time` (OpenID Connect Core §2), in milliseconds. Only the signed ID token counts. */
const authTimeIn = ({ auth_time: seconds }: JsonObject): number | undefined => (typeof seconds === 'number' ? seconds * 1000 : undefined)

/** The library has checked that the algorithm is an accepted one, and the claims. It knows no MAC, so the signature is verified here. */
async function requireSignature(
  fetch: ProviderFetch,
  configuration: client.Configuration,
  provider: IdentityProvider,
  idToken = '',
): Promise<void> {
  const { id_token_signing_alg_values_supported: algorithms = [], jwks_uri: jwksUri = '' } = configuration.serverMetadata()
  await verifySignature(fetch, provider, idToken, { algorithms, jwksUri })
}

const subjectClaimOf = ({ config: { type } }: IdentityProvider): string => (type === 'SAML' ? 'sub' : subjectClaims[type])

/**
 * The address that the browser came back to. Only the parameters of the standards count (RFC 6749 §4.1.2, RFC 9207). The issuer of Facebook
 * and Amazon is not known, so theirs cannot be compared.
 */
function addressOf(provider: IdentityProvider, { redirectUri }: ProviderProof, answer: ProviderAnswer): URL {
  const address = new URL(redirectUri)
  for (const name of givesIdTokens(provider) ? ['code', 'state', 'iss'] : ['code', 'state']) {
    const value = answer.get(name)
    if (value !== undefined) address.searchParams.set(name, value)
  }
  return address
}
