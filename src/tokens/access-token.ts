import { decodeProtectedHeader } from 'jose/decode/protected_header'
import * as errors from 'jose/errors'
import { decodeJwt } from 'jose/jwt/decode'
import { jwtVerify } from 'jose/jwt/verify'
import type { Clock } from '../base/clock.ts'
import { isObject } from '../base/is-object.ts'
import { ApiError } from '../contract/api-error.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { Db } from '../storage/db.ts'
import { accessTokenRevoked, type TokenCaller } from '../users/caller.ts'
import { findUser } from '../users/user-repository.ts'
import type { Claims } from './claim-value.ts'
import { userInfoClaimsName } from './claims.ts'
import { selfServiceScope } from './granted-scopes.ts'
import { issuerOf } from './issue-tokens.ts'
import { isRevoked } from './session.ts'
import { findSession } from './session-repository.ts'
import type { SigningKeys } from './signing-keys.ts'

export type AccessTokenDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly pools: PoolCatalog
  readonly signingKeys: SigningKeys
  readonly publicUrl: string
}

/** What the claims of an access token say about the session that it belongs to. */
type UserClaims = { readonly sub: string; readonly clientId: string; readonly sessionId: string; readonly scopes: readonly string[] }

/** The refusal of a valid access token that lacks the scope which the caller needs. */
export class MissingScope extends ApiError {}

/** The user and the session that an access token belongs to, and the scopes of the token. */
export type ScopedCaller = TokenCaller & { readonly scopes: readonly string[] }

/**
 * The user and the session that an access token belongs to. `scope` is the one that the caller needs: for API operations, the self-service
 * scope. `boundTo` is the thumbprint of the key that the caller has proven to have.
 *
 * @throws ApiError NotAuthorizedException when the token is not an access token of ours, is expired or revoked, or lacks the scope.
 * @throws ApiError UserNotFoundException when the token's user was deleted.
 */
export function requireAccessToken(
  deps: AccessTokenDeps,
  token: string,
  scope = selfServiceScope,
  boundTo?: string,
): Promise<ScopedCaller> {
  return verifyAccessToken(deps, token, scope, boundTo)
}

/**
 * The same for a token of any scopes, or with one that it must have.
 * @throws ApiError as `requireAccessToken`
 */
export async function verifyAccessToken(deps: AccessTokenDeps, token: string, scope?: string, boundTo?: string): Promise<ScopedCaller> {
  const poolId = claimedPoolId(deps.publicUrl, token)
  const pool = poolId === undefined ? undefined : await deps.pools.findPool(poolId)
  if (pool === undefined) throw invalid()
  const payload = await verifyAccessClaims(deps, pool.id, token)
  // A token that is bound to a key is of no use without it, and a key does not go with a token that is not bound (RFC 9449 §7.1).
  if (boundKeyOf(payload) !== boundTo) throw invalid()
  const claims = readUserClaims(payload)
  if (scope !== undefined && !claims.scopes.includes(scope))
    throw new MissingScope('NotAuthorizedException', 'Access Token does not have required scopes')
  return requireLiveCaller(deps, pool, claims)
}

/**
 * The user and the session of verified claims.
 * @throws ApiError as `requireAccessToken`, for everything that can end after the token was issued
 */
export async function requireLiveCaller(deps: AccessTokenDeps, pool: Pool, claims: UserClaims): Promise<ScopedCaller> {
  const [owner, user, session] = await Promise.all([
    deps.pools.findClient(claims.clientId),
    findUser(deps.db, pool.id, claims.sub),
    findSession(deps.db, { poolId: pool.id, sub: claims.sub, id: claims.sessionId }),
  ])
  if (user === undefined) throw new ApiError('UserNotFoundException', 'User does not exist.')
  // Disabling a user also ends the user's sessions, so the token counts as revoked anyway. But clients look for this message.
  if (!user.enabled) throw new ApiError('NotAuthorizedException', 'User is disabled.')
  const clientGone = owner === undefined || owner.pool.id !== pool.id
  if (clientGone || session === undefined || isRevoked(session, user)) throw accessTokenRevoked()
  return { pool, client: owner.client, user, sessionId: session.id, deviceKey: session.deviceKey, scopes: claims.scopes }
}

/**
 * The client that got an access token for itself (RFC 6749 §4.4). Such a token names no user and belongs to no session: it ends with its
 * expiry, with its client and with its pool.
 *
 * @throws ApiError NotAuthorizedException when the token is not an access token of ours, is expired, is a user's, is bound to a key, or
 *   its client was deleted.
 */
export async function verifyClientToken(
  deps: Pick<AccessTokenDeps, 'clock' | 'pools' | 'signingKeys' | 'publicUrl'>,
  token: string,
): Promise<{ readonly pool: Pool; readonly client: AppClient; readonly scopes: readonly string[] }> {
  const poolId = claimedPoolId(deps.publicUrl, token)
  const pool = poolId === undefined ? undefined : await deps.pools.findPool(poolId)
  if (pool === undefined) throw invalid()
  const claims = await verifyAccessClaims(deps, pool.id, token)
  if (boundKeyOf(claims) !== undefined) throw invalid()
  const { client, scopes } = await requireLiveClient(deps, pool, claims)
  return { pool, client, scopes }
}

/**
 * The client that verified claims belong to.
 * @throws ApiError as `verifyClientToken`
 */
export async function requireLiveClient(
  { pools }: Pick<AccessTokenDeps, 'pools'>,
  pool: Pool,
  { sub, client_id: clientId, event_id: sessionId, scope }: Claims,
): Promise<{ readonly client: AppClient; readonly scopes: readonly string[] }> {
  if (typeof clientId !== 'string' || typeof scope !== 'string') throw invalid()
  if (sessionId !== undefined || sub !== clientId) throw invalid()
  const owner = await pools.findClient(clientId)
  if (owner === undefined || owner.pool.id !== pool.id) throw accessTokenRevoked()
  return { client: owner.client, scopes: scope.split(' ') }
}

/** `amr` and `auth_time` (epoch seconds) of a verified token. Not every token has an `amr`. */
export function authenticationOf(token: string): { readonly methods: readonly string[]; readonly authTime: number } {
  const { amr, auth_time: authTime } = decodeJwt(token)
  const methods = Array.isArray(amr) ? amr.filter((method): method is string => typeof method === 'string') : []
  return { methods, authTime: typeof authTime === 'number' ? authTime : 0 }
}

/** The scopes of an access token that this server has issued, separated by spaces. */
export const scopeOfAccessToken = (token: string): string => String(decodeJwt(token)['scope'] ?? '')

/** The attributes that the app asked for at userInfo, by a verified access token. */
export function requestedClaimsOf(token: string): readonly string[] {
  const names = decodeJwt(token)[userInfoClaimsName]
  return Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : []
}

/** The id of the pool that the token names. Do not trust it before the signature is checked. */
function claimedPoolId(publicUrl: string, token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token)
    const prefix = issuerOf(publicUrl, '')
    return typeof iss === 'string' && iss.startsWith(prefix) ? iss.slice(prefix.length) : undefined
  } catch {
    throw invalid()
  }
}

function claimedKeyId(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid
  } catch {
    throw invalid()
  }
}

/** The thumbprint of the key that an access token is bound to (RFC 9449 §6.1). Undefined for a token that is not bound. */
export function boundKeyOf({ cnf }: Claims): string | undefined {
  const jkt = isObject(cnf) ? cnf['jkt'] : undefined
  return typeof jkt === 'string' ? jkt : undefined
}

/** @throws ApiError NotAuthorizedException when the claims are not those of a user's token */
export function readUserClaims({ sub, client_id: clientId, event_id: sessionId, scope }: Claims): UserClaims {
  if (typeof sub !== 'string' || sub === '' || typeof clientId !== 'string') throw invalid()
  if (typeof sessionId !== 'string' || typeof scope !== 'string') throw invalid()
  return { sub, clientId, sessionId, scopes: scope.split(' ') }
}

/**
 * The claims of an access token of the pool, that of a user or of a client. Whether the session lasts is not asked.
 *
 * @throws ApiError NotAuthorizedException when the token is not an access token of the pool, or is expired.
 */
export async function verifyAccessClaims(
  deps: Pick<AccessTokenDeps, 'clock' | 'signingKeys' | 'publicUrl'>,
  poolId: string,
  token: string,
): Promise<Claims> {
  const kid = claimedKeyId(token)
  const key = typeof kid === 'string' ? await deps.signingKeys.find(poolId, kid) : undefined
  if (key === undefined || !hasCanonicalSignature(token)) throw unverified()
  try {
    const { payload } = await jwtVerify(token, key.publicKey, {
      algorithms: ['RS256'],
      issuer: issuerOf(deps.publicUrl, poolId),
      currentDate: new Date(deps.clock.now()),
    })
    if (key.use !== 'access' || payload['token_use'] !== 'access') throw invalid()
    return payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new ApiError('NotAuthorizedException', 'Access Token has expired')
    if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed) throw unverified()
    throw error instanceof errors.JOSEError ? invalid() : error
  }
}

/**
 * Base64url can encode the same bytes in more than one way, because the last character has unused bits (RFC 4648 §3.5). The signature
 * covers the text of the token's first two parts, but not the text of the third, the signature itself. Without this check, sixteen
 * spellings of a token would be valid.
 */
function hasCanonicalSignature(token: string): boolean {
  const signature = token.slice(token.lastIndexOf('.') + 1)
  return Buffer.from(signature, 'base64url').toString('base64url') === signature
}

const invalid = () => new ApiError('NotAuthorizedException', 'Invalid Access Token')
const unverified = () => new ApiError('NotAuthorizedException', 'Could not verify signature for Access Token')
