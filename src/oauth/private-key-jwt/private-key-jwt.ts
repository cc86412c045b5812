import { createHash } from 'node:crypto'
import * as errors from 'jose/errors'
import { createLocalJWKSet } from 'jose/jwks/local'
import { decodeJwt } from 'jose/jwt/decode'
import { type JWTVerifyOptions, jwtVerify } from 'jose/jwt/verify'
import { hourMs, minuteMs } from '../../base/durations.ts'
import type { AppClient } from '../../pools/app-client.ts'
import { clientExtensionsOf, type PublicJwk } from '../../pools/client-extensions/client-extensions.ts'
import { endpointBasesOf } from '../../pools/domains/endpoint-base.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import { consumeState } from '../../storage/consumed-state-repository.ts'
import { issuerOf } from '../../tokens/issue-tokens.ts'
import {
  type AuthenticationMethod,
  type ClientAuthentication,
  type ClientAuthenticationDeps,
  clientSecretBasic,
  clientSecretPost,
  nobody,
} from '../client-authentication.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The algorithms of signatures. None of them uses a shared secret, so a public key can never be taken for one. */
const assertionAlgorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** The longest assertion. Clients send about 1,000 characters. */
const longestAssertion = 8192
/** The greatest difference between the clocks of client and server. */
const skewSeconds = 60
/** How far in the future an assertion may expire. Until then its `jti` has to be remembered. */
const longestValidityMs = hourMs + minuteMs

/**
 * `private_key_jwt` (RFC 7523 §2.2, OpenID Connect Core §9): the client signs a short-lived assertion with a key whose public part it has
 * registered. Each assertion works once. A second method in the same request is not allowed (RFC 6749 §2.3).
 */
const privateKeyJwt: AuthenticationMethod = ({ authorization, parameters }) => {
  const assertion = parameters.get('client_assertion')
  const type = parameters.get('client_assertion_type')
  if (assertion === undefined && type === undefined) return undefined
  const hasSecondMethod = authorization !== undefined || parameters.has('client_secret')
  if (assertion === undefined || type !== assertionType || hasSecondMethod || assertion.length > longestAssertion) return nobody
  const clientId = claimedClientId(assertion)
  const inBody = parameters.get('client_id')
  if (clientId === undefined || (inBody !== undefined && inBody !== clientId)) return nobody
  return { clientId, proves: (deps, owner) => isValidAssertion(deps, owner, assertion) }
}

/** The client that the assertion names. Do not trust it before the signature is checked. */
function claimedClientId(assertion: string): string | undefined {
  try {
    const { sub }: { readonly sub?: unknown } = decodeJwt(assertion)
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}

async function isValidAssertion(deps: ClientAuthenticationDeps, { pool, client }: PoolAndClient, assertion: string): Promise<boolean> {
  const now = deps.clock.now()
  const bases = endpointBasesOf(deps.publicUrl, await deps.pools.findDomainsOf(pool.id))
  const issuer = issuerOf(deps.publicUrl, pool.id)
  const audience = [issuer, ...bases.flatMap((base) => endpoints.map((path) => `${base}${path}`))]
  const verified = await verifyByKeys(deps, client, assertion, {
    algorithms: [...assertionAlgorithms],
    issuer: client.id,
    subject: client.id,
    audience,
    requiredClaims: ['exp', 'jti'],
    clockTolerance: skewSeconds,
    currentDate: new Date(now),
  })
  if (verified === undefined || verified === 'unknown key') return false
  const { exp = 0, iat = 0, jti } = verified.payload
  if (typeof jti !== 'string' || jti === '' || exp * 1000 > now + longestValidityMs || iat * 1000 > now + skewSeconds * 1000) return false
  return consumeState(deps.db, idOf(client.id, jti), Math.ceil((exp + skewSeconds) * 1000))
}

/** The endpoints at which clients authenticate themselves. An assertion may name any of them (RFC 9126 §2). */
const endpoints: readonly string[] = [
  '/oauth2/token',
  '/oauth2/introspect',
  '/oauth2/revoke',
  '/oauth2/par',
  '/oauth2/device_authorization',
]

/**
 * Checks the signature by the keys of the client, and the claims. A key that is not in the cached set of the client's URI may be a new one,
 * so the set is fetched again.
 */
async function verifyByKeys({ clientKeySets }: ClientAuthenticationDeps, client: AppClient, assertion: string, options: JWTVerifyOptions) {
  const { keys, jwksUri } = clientExtensionsOf(client).privateKeyJwt
  if (jwksUri === undefined) return verifyOrRefuse(assertion, keys, options)
  const verified = await verifyOrRefuse(assertion, await clientKeySets.find(jwksUri), options)
  if (verified !== 'unknown key') return verified
  return verifyOrRefuse(assertion, await clientKeySets.find(jwksUri, true), options)
}

type Verified = Awaited<ReturnType<typeof jwtVerify>>

async function verifyOrRefuse(
  assertion: string,
  keys: readonly PublicJwk[] | undefined,
  options: JWTVerifyOptions,
): Promise<Verified | 'unknown key' | undefined> {
  if (keys === undefined) return undefined
  try {
    return await jwtVerify(assertion, createLocalJWKSet({ keys: [...keys] as never }), options)
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return 'unknown key'
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

/** Two clients may use the same `jti`. */
const idOf = (clientId: string, jti: string): string =>
  `assertion:${createHash('sha256')
    .update(JSON.stringify([clientId, jti]))
    .digest('base64url')}`

/** How clients of pools of manner strict authenticate themselves, at all endpoints. The status is that of RFC 6749 §5.2. */
export const strictClientAuthentication: ClientAuthentication = {
  methods: [privateKeyJwt, clientSecretBasic, clientSecretPost],
  refusalStatus: 401,
  challengesClients: true,
}

/** The members of discovery documents in pools of manner strict (RFC 8414 §2). */
export const privateKeyJwtMetadata = () => ({
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
})
