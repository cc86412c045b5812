import { ApiError, type ErrorCode } from '../contract/api-error.ts'
import type { PoolAndClient } from '../signin/sign-in.ts'
import { type RevokeDeps, revokeRefreshToken } from '../tokens/revoke-refresh-token.ts'
import { isSelfServiceOff } from '../users/self-service/self-service.ts'
import {
  type AuthenticationByManner,
  authenticateClient,
  type ClientAuthenticationDeps,
  type ClientRequest,
  clientSecretBasic,
  clientSecretPost,
} from './client-authentication.ts'
import { OAuthError } from './oauth-error.ts'
import { requireParameter } from './parameters.ts'
import { strictClientAuthentication } from './private-key-jwt/private-key-jwt.ts'

/** How clients authenticate at the revocation endpoint. Cognito's status for an unknown client differs from that of its token endpoint. */
const clientAuthentication: AuthenticationByManner = {
  COGNITO: { methods: [clientSecretBasic, clientSecretPost], refusalStatus: 401 },
  STRICT: strictClientAuthentication,
}

/** The answers to the errors of `revokeRefreshToken`. */
const refusals: Partial<Record<ErrorCode, OAuthError>> = {
  UnsupportedOperationException: new OAuthError('invalid_request'),
  UnsupportedTokenTypeException: new OAuthError('unsupported_token_type'),
  UnauthorizedException: new OAuthError('invalid_client', { status: 401 }),
}

/**
 * The revocation endpoint (RFC 7009): ends the session of a refresh token. An unknown token is no error. `onClient` is called as soon as
 * the client is authenticated.
 *
 * @throws OAuthError invalid_request, invalid_client, unsupported_token_type; unauthorized_client where users cannot call RevokeToken.
 */
export async function revokeToken(
  deps: RevokeDeps & ClientAuthenticationDeps,
  request: ClientRequest & { readonly onClient: (owner: PoolAndClient) => void },
): Promise<void> {
  const owner = await authenticateClient(deps, clientAuthentication, request)
  request.onClient(owner)
  if (isSelfServiceOff(owner, 'RevokeToken')) throw new OAuthError('unauthorized_client')
  const token = requireParameter(request.parameters, 'token')
  try {
    await revokeRefreshToken(deps, owner.client, token)
  } catch (error) {
    throw (error instanceof ApiError && refusals[error.code]) || error
  }
}
