import { ApiError } from '../contract/api-error.ts'
import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { isClientSecretValid } from '../pools/secret-hash.ts'
import { type RevokeDeps, revokeRefreshToken } from './revoke-refresh-token.ts'

/**
 * Ends the session of one refresh token, and with it every token issued from it. RevokeAssociatedSessions has no effect, because the
 * session of the hosted pages is not linked to the sessions that it gives.
 */
export const revokeToken = operation('RevokeToken', {
  auth: 'public',

  async handle(request, deps: RevokeDeps & { pools: PoolCatalog }) {
    const owner = await deps.pools.findClient(request.ClientId)
    if (owner === undefined || !isClientSecretValid(owner.client, request.ClientSecret)) {
      throw new ApiError('UnauthorizedException', 'Invalid client or client secret.')
    }
    await revokeRefreshToken(deps, owner.client, request.Token)
    return {}
  },
})
