import { type Manner, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import { scopesOf } from '../../tokens/granted-scopes.ts'
import { type RefreshDeps, renewTokens, requireRefreshToken, type VerifiedRefreshToken } from '../../tokens/refresh.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import { OAuthError } from '../oauth-error.ts'
import { listIn, type Parameters, requireParameter } from '../parameters.ts'
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
    const verified = await requireRefreshToken(deps, refreshContext, presented)
    return renewTokens(deps, { ...refreshContext, scopes: readScopesOf[mannerOf(pool)](parameters, verified) }, verified)
  },
}

type ReadScopes = (parameters: Parameters, verified: VerifiedRefreshToken) => readonly string[] | undefined

/** The scopes that the client asks for, by the manner of the pool. Undefined means all of the session. Cognito ignores the parameter. */
const readScopesOf: Readonly<Record<Manner, ReadScopes>> = { COGNITO: () => undefined, STRICT: requireGrantedScopes }

/** @throws OAuthError invalid_scope when the client asks for a scope that the user did not grant, or for none. */
function requireGrantedScopes(parameters: Parameters, { token }: VerifiedRefreshToken): readonly string[] | undefined {
  const requested = listIn(parameters, 'scope')
  if (requested === undefined) return undefined
  const granted = scopesOf(token.granted)
  if (requested.length === 0 || requested.some((scope) => !granted.includes(scope))) throw new OAuthError('invalid_scope')
  return requested
}
