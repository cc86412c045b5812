import { type RefreshDeps, renewTokens, requireRefreshToken } from '../../tokens/refresh.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import { requireParameter } from '../parameters.ts'
import { type Grant, mayUseOAuth } from './grant.ts'

/**
 * The grant `refresh_token` (RFC 6749 §6), with the rotation that the client is set up for. It takes refresh tokens of API sign-ins as well,
 * unless the pool tracks devices: a request here names no device. In such pools it takes those of the pages as long as the user has not
 * forgotten the device.
 */
export const refreshToken: Grant<RefreshDeps> = {
  checks: [mayUseOAuth],

  async exchange(deps, { pool, client, parameters, context, boundTo }) {
    const presented = { refreshToken: requireParameter(parameters, 'refresh_token'), deviceKey: undefined }
    const refreshContext = { ...context, pool, client, boundTo, caller: callerContextOf(client, context, undefined) }
    return renewTokens(deps, refreshContext, await requireRefreshToken(deps, refreshContext, presented))
  },
}
