import { ApiError } from '../../contract/api-error.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import {
  type AccessTokenDeps,
  readUserClaims,
  requireLiveCaller,
  requireLiveClient,
  verifyAccessClaims,
} from '../../tokens/access-token.ts'
import { boundClaims } from '../../tokens/claims.ts'
import { scopesOf } from '../../tokens/granted-scopes.ts'
import { issuerOf } from '../../tokens/issue-tokens.ts'
import { isReplaced, type RefreshDeps, verifyRefreshToken } from '../../tokens/refresh.ts'
import {
  type AuthenticationByManner,
  authenticateClient,
  type ClientAuthenticationDeps,
  type ClientRequest,
  isConfidential,
  refusedClient,
} from '../client-authentication.ts'
import { requireParameter } from '../parameters.ts'
import { strictClientAuthentication } from '../private-key-jwt/private-key-jwt.ts'

export type IntrospectionDeps = AccessTokenDeps & RefreshDeps & ClientAuthenticationDeps

const clientAuthentication: AuthenticationByManner = { STRICT: strictClientAuthentication }

/** The members of discovery documents in pools of manner strict (RFC 8414 §2). */
export const introspectionMetadata = (base: string) => ({
  introspection_endpoint: `${base}/oauth2/introspect`,
  introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
})

/** The members of an answer (RFC 7662 §2.2). A token that is not active has no other member than `active`. */
type IntrospectionAnswer = { readonly active: boolean; readonly [member: string]: unknown }

const inactive: IntrospectionAnswer = { active: false }

/** The claims of an access token that the answer repeats. */
const repeatedClaims: readonly string[] = ['scope', 'client_id', 'username', 'exp', 'iat', 'sub', 'aud', 'iss', 'jti', 'cnf']

/**
 * The introspection endpoint (RFC 7662): says whether a token is active, and what it stands for. Any client that authenticates itself may
 * ask about the access tokens of its pool, so that a resource server needs only a client of its own. About a refresh token only the client
 * may ask that it was issued to. `onClient` is called as soon as the client is authenticated.
 *
 * @throws MissingEndpoint in pools that are not of manner strict.
 * @throws OAuthError invalid_client, also for a client that has no means to authenticate itself; invalid_request without a token.
 */
export async function introspectToken(
  deps: IntrospectionDeps,
  request: ClientRequest & { readonly onClient: (owner: PoolAndClient) => void },
): Promise<IntrospectionAnswer> {
  const owner = await authenticateClient(deps, clientAuthentication, request)
  if (!isConfidential(owner.client)) throw refusedClient(strictClientAuthentication, request)
  request.onClient(owner)
  const token = requireParameter(request.parameters, 'token')
  // `token_type_hint` is not needed: the two kinds of tokens look different.
  const introspect = token.split('.').length === 3 ? introspectAccessToken : introspectRefreshToken
  try {
    return await introspect(deps, owner, token)
  } catch (error) {
    if (error instanceof ApiError && tokenErrors.has(error.code)) return inactive
    throw error
  }
}

/** The errors of a token that is invalid, expired or revoked, or whose user is disabled or deleted. */
const tokenErrors: ReadonlySet<string> = new Set(['NotAuthorizedException', 'UserNotFoundException'])

async function introspectAccessToken(deps: IntrospectionDeps, { pool }: PoolAndClient, token: string): Promise<IntrospectionAnswer> {
  const claims = await verifyAccessClaims(deps, pool.id, token)
  // A token that a client got for itself belongs to no session.
  if (claims['event_id'] === undefined) await requireLiveClient(deps, pool, claims)
  else await requireLiveCaller(deps, pool, readUserClaims(claims))
  const members = repeatedClaims.filter((name) => claims[name] !== undefined).map((name) => [name, claims[name]])
  return { active: true, token_type: claims['cnf'] === undefined ? 'Bearer' : 'DPoP', ...Object.fromEntries(members) }
}

async function introspectRefreshToken(
  deps: IntrospectionDeps,
  { pool, client }: PoolAndClient,
  text: string,
): Promise<IntrospectionAnswer> {
  const verified = await verifyRefreshToken(deps, client, text)
  if (isReplaced(client, verified, deps.clock.now())) return inactive
  const { token, user } = verified
  return {
    active: true,
    scope: scopesOf(token.granted).join(' '),
    client_id: client.id,
    username: user.username,
    exp: Math.floor(token.expiresAt / 1000),
    sub: user.sub,
    iss: issuerOf(deps.publicUrl, pool.id),
    ...boundClaims(token.boundTo),
  }
}
