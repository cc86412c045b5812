import { ApiError } from '../contract/api-error.ts'
import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { isClientSecretValid } from '../pools/secret-hash.ts'
import { callerContextOf } from '../triggers/trigger.ts'
import { type RefreshDeps, refreshTokens, requireRefreshable, rotateTokens } from './refresh.ts'
import { writeTokens } from './wire.ts'

/** Refreshes with or without rotation. It takes the client secret itself, not a hash. */
export const getTokensFromRefreshToken = operation('GetTokensFromRefreshToken', {
  auth: 'public',

  async handle(request, deps: RefreshDeps & { pools: PoolCatalog }, _caller: undefined, context) {
    const { pool, client } = await deps.pools.getClient(request.ClientId)
    if (!isClientSecretValid(client, request.ClientSecret)) {
      throw new ApiError('NotAuthorizedException', `Unable to verify the client secret of client ${client.id}`)
    }
    const refreshable = await requireRefreshable(deps, {
      pool,
      client,
      refreshToken: request.RefreshToken,
      deviceKey: request.DeviceKey,
    })
    const renew = client.refreshRotation?.enabled ? rotateTokens : refreshTokens
    const caller = callerContextOf(client, context, request.ClientMetadata)
    return { AuthenticationResult: writeTokens(await renew(deps, pool, client, refreshable, { ...context, caller })) }
  },
})
