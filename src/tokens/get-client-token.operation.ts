import { ApiError, invalidParameter } from '../contract/api-error.ts'
import { operation } from '../contract/operation.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { isClientSecretValid } from '../pools/secret-hash.ts'
import { callerContextOf } from '../triggers/trigger.ts'
import { requireClientScopes } from './client-grant.ts'
import { type ClientTokenDeps, issueClientToken } from './issue-client-token.ts'

type Deps = ClientTokenDeps & { readonly pools: PoolCatalog }

/** The client-credentials grant of OAuth as an API call. The call may be signed, but only the client secret authenticates the client. */
export const getClientToken = operation('GetClientToken', {
  auth: 'public',

  async handle(request, deps: Deps, _caller: undefined, { userAgent }) {
    const { pool, client } = await deps.pools.getClient(request.ClientId)
    requireClientCredentials(client, request.Secret)
    const scopes = await requireClientScopes(deps.pools, client, request.Scopes)
    const caller = callerContextOf(client, { userAgent }, request.ClientMetadata)
    const { accessToken, expiresInSeconds } = await issueClientToken(deps, { pool, client, scopes }, caller)
    return { ClientAuthenticationResult: { AccessToken: accessToken, ExpiresIn: expiresInSeconds, TokenType: 'Bearer' } }
  },
})

/** Checks the secret before the flow: only a holder of the secret may learn which flows the client is set up for. */
function requireClientCredentials(client: AppClient, secret: string): void {
  if (client.secrets.length === 0 || !isClientSecretValid(client, secret)) {
    throw new ApiError('NotAuthorizedException', `Unable to verify the client secret of client ${client.id}`)
  }
  if (client.authFlows?.length !== 1 || client.authFlows[0] !== 'ALLOW_CLIENT_TOKEN_AUTH') {
    throw invalidParameter('ALLOW_CLIENT_TOKEN_AUTH flow not enabled for this client')
  }
}
