import { decodeJwt } from 'jose/jwt/decode'
import { ApiError } from '../contract/api-error.ts'
import { readableAttributes } from '../pools/attribute-rules.ts'
import { type Manner, mannerOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import {
  type AccessTokenDeps,
  boundKeyOf,
  MissingScope,
  requestedClaimsOf,
  requireAccessToken,
  type ScopedCaller,
} from '../tokens/access-token.ts'
import { type Claims, claimValue } from '../tokens/claim-value.ts'
import { shownAttributes } from '../tokens/granted-scopes.ts'
import { type DpopDeps, proofAlgorithms, verifyProof } from './dpop/dpop-proof.ts'
import { OAuthError } from './oauth-error.ts'
import type { RequestHost } from './request-host.ts'

export type UserInfoDeps = AccessTokenDeps & DpopDeps

type UserInfoRequest = {
  readonly host: RequestHost
  /** The Authorization header. */
  readonly authorization: string | undefined
  /** The token in the form of a POST (RFC 6750 §2.2), which pools of manner strict accept. */
  readonly formToken?: string | undefined
  /** The header DPoP. */
  readonly dpop: string | undefined
  readonly method: string
  /** Called as soon as the pool is known, before a proof is checked. */
  readonly onPool: (pool: Pool) => void
  /** Called as soon as the token is verified. */
  readonly onCaller: (caller: ScopedCaller) => void
}

/**
 * The claims about the user of an access token (OpenID Connect Core §5.3). Which ones follows from the scopes of the token and from what
 * the client may read. In manner cognito all are texts, in manner strict they have the types of OpenID Connect Core §5.1.
 *
 * @throws OAuthError invalid_request when no token was sent (RFC 6750 §2.1), invalid_token, insufficient_scope, invalid_dpop_proof,
 *   use_dpop_nonce.
 */
export async function readUserInfo(deps: UserInfoDeps, request: UserInfoRequest): Promise<Claims> {
  const { authorization, formToken } = request
  const [, scheme, sent] = /^(Bearer|DPoP) +([\w~+/.-]+=*)$/i.exec(authorization ?? '') ?? []
  const token = sent ?? formToken
  if (token === undefined) throw await refuseWithoutToken(deps, request)
  const caller = await requireCaller(deps, request, { token, isBound: scheme?.toLowerCase() === 'dpop' })
  const manner = mannerOf(caller.pool)
  if (sent === undefined && manner !== 'STRICT') throw badRequest()
  request.onCaller(caller)
  const { pool, client, user, scopes } = caller
  const readable = readableAttributes(pool, client)
  const claims = { userInfo: requestedClaimsOf(token), idToken: [] }
  const shown = shownAttributes(pool, { scopes, resource: undefined, claims }, 'userInfo')
  const given = Object.entries(user.attributes).filter(([name]) => readable(name) && shown(name))
  const attributes = given.map(([name, value]) => [name, valueIn[manner](name, value)] as const)
  return { sub: user.sub, ...Object.fromEntries(attributes), username: user.username }
}

/**
 * On the domain of a pool of manner strict, the answer names the schemes and no error (RFC 6750 §3). On the main host, nothing tells which
 * pool is meant, so the answer is that of Cognito.
 */
async function refuseWithoutToken({ pools }: UserInfoDeps, { host, authorization }: UserInfoRequest): Promise<OAuthError> {
  const pool = host.kind === 'domain' && authorization === undefined ? await pools.findPool(host.domain.poolId) : undefined
  if (pool === undefined || mannerOf(pool) !== 'STRICT') return badRequest()
  return new OAuthError('invalid_request', { status: 401, challenge: `Bearer, DPoP algs="${proofAlgorithms.join(' ')}"` })
}

const badRequest = () => new OAuthError('invalid_request', { description: 'Bad OAuth2 request at UserInfo Endpoint' })

const valueIn: Readonly<Record<Manner, (name: string, value: string) => unknown>> = { COGNITO: (_name, value) => value, STRICT: claimValue }

/** An access token, and whether it came in the scheme DPoP (RFC 9449 §7.1). */
type PresentedToken = { readonly token: string; readonly isBound: boolean }

/** The key that the token says it is bound to. Do not trust it before the signature is checked. */
function boundKeyIn(token: string): string | undefined {
  try {
    return boundKeyOf(decodeJwt(token))
  } catch {
    return undefined
  }
}

/** The proof comes with the token, and its key is that of the token. */
async function requireKey(
  deps: UserInfoDeps,
  { dpop, method }: UserInfoRequest,
  { pool, token, boundTo }: { readonly pool: Pool; readonly token: string; readonly boundTo: string },
): Promise<void> {
  const invalidProof = new OAuthError('invalid_dpop_proof', { status: 401 })
  if (dpop === undefined) throw invalidProof
  const proven = await verifyProof(deps, dpop, { pool, method, path: '/oauth2/userInfo', accessToken: token }).catch((error: unknown) => {
    if (!(error instanceof OAuthError)) throw error
    throw new OAuthError(error.error, { description: error.description, status: 401, cause: error })
  })
  if (proven !== boundTo) throw invalidProof
}

/** A token of another pool than the domain's is invalid there. */
async function requireCaller(deps: UserInfoDeps, request: UserInfoRequest, { token, isBound }: PresentedToken): Promise<ScopedCaller> {
  const { host } = request
  const boundTo = isBound ? boundKeyIn(token) : undefined
  if (isBound && boundTo === undefined) throw invalidToken()
  const caller = await requireAccessToken(deps, token, 'openid', boundTo).catch((error: unknown) => {
    if (error instanceof MissingScope) throw new OAuthError('insufficient_scope', { status: 403, cause: error })
    throw error instanceof ApiError ? invalidToken(error) : error
  })
  if (host.kind === 'unknown' || (host.kind === 'domain' && host.domain.poolId !== caller.pool.id)) throw invalidToken()
  request.onPool(caller.pool)
  if (boundTo !== undefined) await requireKey(deps, request, { pool: caller.pool, token, boundTo })
  return caller
}

function invalidToken(cause?: Error): OAuthError {
  const description = 'Access token is expired, disabled, or deleted, or the user has globally signed out.'
  return new OAuthError('invalid_token', { description, status: 401, cause })
}
