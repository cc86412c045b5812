import { ApiError, type ErrorCode } from '../contract/api-error.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { PoolAndClient } from '../signin/sign-in.ts'
import { type RevokeDeps, revokeRefreshToken } from '../tokens/revoke-refresh-token.ts'
import {
  authenticateClient,
  type ClientAuthentication,
  type ClientRequest,
  clientSecretBasic,
  clientSecretPost,
} from './client-authentication.ts'
import { OAuthError } from './oauth-error.ts'
import { requireParameter } from './parameters.ts'

/** The revocation endpoint as Cognito has it. Its status for an unknown client differs from that of the token endpoint. */
export const cognitoRevocationEndpoint: ClientAuthentication = { methods: [clientSecretBasic, clientSecretPost], refusalStatus: 401 }

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
 * @throws OAuthError invalid_request, invalid_client, unsupported_token_type.
 */
export async function revokeToken(
  deps: RevokeDeps & { readonly pools: PoolCatalog },
  authentication: ClientAuthentication,
  request: ClientRequest & { readonly onClient: (owner: PoolAndClient) => void },
): Promise<void> {
  const owner = await authenticateClient(deps, authentication, request)
  request.onClient(owner)
  const token = requireParameter(request.parameters, 'token')
  try {
    await revokeRefreshToken(deps, owner.client, token)
  } catch (error) {
    throw (error instanceof ApiError && refusals[error.code]) || error
  }
}
