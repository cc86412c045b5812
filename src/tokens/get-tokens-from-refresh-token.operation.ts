import { ApiError } from '../contract/api-error.ts'
import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { isClientSecretValid } from '../pools/secret-hash.ts'
import { callerContextOf } from '../triggers/trigger.ts'
import { type RefreshContext, type RefreshDeps, renewTokens, requireRefreshToken } from './refresh.ts'
import { writeTokens } from './wire.ts'

/**
 * Refreshes tokens, with or without rotation. The request has the client secret itself, while the sign-in operations take a SECRET_HASH.
 */
export const getTokensFromRefreshToken = operation('GetTokensFromRefreshToken', {
  auth: 'public',

  async handle(request, deps: RefreshDeps & { pools: PoolCatalog }, _caller: undefined, from) {
    const { pool, client } = await deps.pools.getClient(request.ClientId)
    if (!isClientSecretValid(client, request.ClientSecret)) {
      throw new ApiError('NotAuthorizedException', `Unable to verify the client secret of client ${client.id}`)
    }
    const caller = callerContextOf(client, from, request.ClientMetadata)
    const context: RefreshContext = { ...from, pool, client, caller }
    const presented = { refreshToken: request.RefreshToken, deviceKey: request.DeviceKey }
    const verified = await requireRefreshToken(deps, context, presented)
    return { AuthenticationResult: writeTokens(await renewTokens(deps, context, verified)) }
  },
})
