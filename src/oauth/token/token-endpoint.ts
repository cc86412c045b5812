import type { RequestContext } from '../../contract/operation.ts'
import { type Manner, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { RefreshDeps } from '../../tokens/refresh.ts'
import {
  type AuthenticationByManner,
  authenticateClient,
  type ClientAuthenticationDeps,
  type ClientRequest,
  clientSecretBasic,
  clientSecretPost,
} from '../client-authentication.ts'
import { verifyProof } from '../dpop/dpop-proof.ts'
import { OAuthError } from '../oauth-error.ts'
import { requireParameter } from '../parameters.ts'
import { strictClientAuthentication } from '../private-key-jwt/private-key-jwt.ts'
import { authorizationCode } from './authorization-code.ts'
import { type ClientCredentialsDeps, clientCredentials } from './client-credentials.ts'
import { deviceCode, deviceCodeGrantType } from './device-code.ts'
import type { Grant, GrantedTokens } from './grant.ts'
import { refreshToken } from './refresh-token.ts'
import { scopeMember } from './scope-member.ts'

export type TokenEndpointDeps = ClientCredentialsDeps & RefreshDeps & ClientAuthenticationDeps

/** How clients authenticate, and the grants by the value of `grant_type`. */
type TokenEndpoint = {
  readonly clientAuthentication: AuthenticationByManner
  readonly grants: Readonly<Record<string, Grant<TokenEndpointDeps>>>
}

/** The token endpoint as Cognito has it. The device grant is for pools of manner strict only. */
export const cognitoTokenEndpoint: TokenEndpoint = {
  clientAuthentication: {
    COGNITO: { methods: [clientSecretBasic, clientSecretPost], refusalStatus: 400 },
    STRICT: strictClientAuthentication,
  },
  grants: {
    authorization_code: authorizationCode,
    refresh_token: refreshToken,
    client_credentials: clientCredentials,
    [deviceCodeGrantType]: deviceCode,
  },
}

export type TokenRequest = ClientRequest & {
  readonly context: RequestContext
  /** The header DPoP. */
  readonly dpop: string | undefined
  /** Called as soon as the client is authenticated: counts the request against its rate, and writes its ids down for the log. */
  readonly onClient: (owner: PoolAndClient, grantType: string) => void
}

/** The answer of the token endpoint in the words of RFC 6749 §5.1 and OpenID Connect Core §3.1.3.3. */
export type TokenAnswer = {
  readonly access_token: string
  readonly id_token?: string
  readonly refresh_token?: string
  readonly expires_in: number
  readonly token_type: 'Bearer' | 'DPoP'
  readonly scope?: string
}

/**
 * Answers a request to the token endpoint (RFC 6749 §3.2).
 *
 * @throws OAuthError as the grants say, and invalid_request, unsupported_grant_type, invalid_client.
 * @throws ApiError as the API functions behind the grants do.
 */
export async function exchangeGrant(
  deps: TokenEndpointDeps,
  { clientAuthentication, grants }: TokenEndpoint,
  request: TokenRequest,
): Promise<TokenAnswer> {
  const grantType = requireParameter(request.parameters, 'grant_type')
  const grant = Object.hasOwn(grants, grantType) ? grants[grantType] : undefined
  if (grant === undefined) throw new OAuthError('unsupported_grant_type')
  const { pool, client } = await authenticateClient(deps, clientAuthentication, request)
  request.onClient({ pool, client }, grantType)
  const boundTo = await readKeyOf[mannerOf(pool)](deps, pool, request.dpop)
  const grantRequest = { pool, client, parameters: request.parameters, context: request.context, boundTo }
  for (const check of grant.checks) check(grantRequest)
  const tokens = await grant.exchange(deps, grantRequest)
  return { ...writeAnswer(tokens, boundTo === undefined ? 'Bearer' : 'DPoP'), ...scopeMember(pool, tokens.accessToken) }
}

type ReadKey = (deps: TokenEndpointDeps, pool: Pool, proof: string | undefined) => Promise<string | undefined>

/** The thumbprint of the key that the client proves to have, by the manner of the pool. Cognito ignores proofs. */
const readKeyOf: Readonly<Record<Manner, ReadKey>> = {
  COGNITO: async () => undefined,
  STRICT: async (deps, pool, proof) =>
    proof === undefined ? undefined : verifyProof(deps, proof, { pool, method: 'POST', path: '/oauth2/token' }),
}

function writeAnswer(
  { accessToken, idToken, refreshToken, expiresInSeconds }: GrantedTokens,
  tokenType: TokenAnswer['token_type'],
): TokenAnswer {
  return {
    ...(idToken !== undefined && { id_token: idToken }),
    access_token: accessToken,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    expires_in: expiresInSeconds,
    token_type: tokenType,
  }
}
