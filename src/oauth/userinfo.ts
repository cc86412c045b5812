import { ApiError } from '../contract/api-error.ts'
import { readableAttributes } from '../pools/attribute-rules.ts'
import { type AccessTokenDeps, MissingScope, requireAccessToken, type ScopedCaller } from '../tokens/access-token.ts'
import { shownAttributes } from '../tokens/granted-scopes.ts'
import type { Texts } from '../triggers/trigger.ts'
import { OAuthError } from './oauth-error.ts'
import type { RequestHost } from './request-host.ts'

type UserInfoRequest = {
  readonly host: RequestHost
  /** The Authorization header. */
  readonly authorization: string | undefined
  /** Called as soon as the token is verified. */
  readonly onCaller: (caller: ScopedCaller) => void
}

/**
 * The claims about the user of an access token (OpenID Connect Core §5.3). Which ones follows from the scopes of the token and from what
 * the client may read. All are texts, as at Cognito.
 *
 * @throws OAuthError invalid_request when no Bearer token was sent (RFC 6750 §2.1), invalid_token, insufficient_scope.
 */
export async function readUserInfo(deps: AccessTokenDeps, { host, authorization, onCaller }: UserInfoRequest): Promise<Texts> {
  const [, token] = /^Bearer +([\w~+/.-]+=*)$/i.exec(authorization ?? '') ?? []
  if (token === undefined) throw new OAuthError('invalid_request', { description: 'Bad OAuth2 request at UserInfo Endpoint' })
  const caller = await requireCaller(deps, host, token)
  onCaller(caller)
  const { pool, client, user, scopes } = caller
  const readable = readableAttributes(pool, client)
  const shown = shownAttributes({ scopes, resource: undefined })
  const attributes = Object.entries(user.attributes).filter(([name]) => readable(name) && shown(name))
  return { sub: user.sub, ...Object.fromEntries(attributes), username: user.username }
}

/** A token of another pool than the domain's is invalid there. */
async function requireCaller(deps: AccessTokenDeps, host: RequestHost, token: string): Promise<ScopedCaller> {
  const caller = await requireAccessToken(deps, token, 'openid').catch((error: unknown) => {
    if (error instanceof MissingScope) throw new OAuthError('insufficient_scope', { status: 403, cause: error })
    throw error instanceof ApiError ? invalidToken(error) : error
  })
  if (host.kind === 'unknown' || (host.kind === 'domain' && host.domain.poolId !== caller.pool.id)) throw invalidToken()
  return caller
}

function invalidToken(cause?: Error): OAuthError {
  const description = 'Access token is expired, disabled, or deleted, or the user has globally signed out.'
  return new OAuthError('invalid_token', { description, status: 401, cause })
}
