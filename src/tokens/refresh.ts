import type { Clock } from '../base/clock.ts'
import { ApiError } from '../contract/api-error.ts'
import type { RequestContext } from '../contract/operation.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { Db } from '../storage/db.ts'
import type { CallerContext } from '../triggers/trigger.ts'
import { findDevice } from '../users/devices/device-repository.ts'
import type { User } from '../users/user.ts'
import { findUser } from '../users/user-repository.ts'
import type { GrantedScopes } from './granted-scopes.ts'
import { type IssuedTokens, reissueTokens, type TokenDeps } from './issue-tokens.ts'
import { type RefreshToken, readRefreshToken, writeRefreshToken } from './refresh-token.ts'
import { runPreTokenGeneration } from './run-pre-token-generation.ts'
import { isRevoked, type Session } from './session.ts'
import { findSession, revokeSession, rotateSession } from './session-repository.ts'
import { recordActivity } from './sessions/tracked-session-repository.ts'
import { nextActivity } from './sessions/tracked-sessions.ts'

/** What stays the same in one call that refreshes tokens. `ip` and `userAgent` are the user's, as far as they are known. */
export type RefreshContext = RequestContext & {
  readonly pool: Pool
  readonly client: AppClient
  readonly caller: CallerContext
  /** The thumbprint of the key that the caller has proven to have (RFC 9449). New access tokens are bound to it. */
  readonly boundTo?: string | undefined
  /** The scopes of the new tokens, if they are to have fewer than the session (RFC 6749 §6). */
  readonly scopes?: readonly string[] | undefined
}

export type RefreshDeps = TokenDeps & { readonly db: Db; readonly clock: Clock }

/** A refresh token that was checked, with its user and session. */
export type VerifiedRefreshToken = {
  readonly token: RefreshToken
  readonly user: User
  readonly session: Session
  /** The confirmed device that the session was begun on. */
  readonly deviceKey: string | undefined
}

/**
 * Checks the refresh token that the caller presents, and the device that the caller names (`deviceKey`).
 *
 * @throws ApiError NotAuthorizedException when the token is not ours, expired, revoked or another client's, when its session is bound to
 * another device than `deviceKey`, when it is bound to a key that the caller has not proven to have, and when its user is deleted or disabled.
 */
export async function requireRefreshToken(
  deps: RefreshDeps,
  { pool, client, boundTo }: Pick<RefreshContext, 'pool' | 'client' | 'boundTo'>,
  presented: { readonly refreshToken: string; readonly deviceKey: string | undefined },
): Promise<VerifiedRefreshToken> {
  const verified = await verifyRefreshToken(deps, client, presented.refreshToken)
  const { token } = verified
  if (token.boundTo !== undefined && token.boundTo !== boundTo) throw refuse('Invalid Refresh Token')
  return { ...verified, deviceKey: await requireDevice(deps.db, pool, verified, presented.deviceKey) }
}

/**
 * Checks a refresh token of the client, without the device. Whether a rotation has replaced the token is not asked: see `isReplaced`.
 *
 * @throws ApiError NotAuthorizedException when the token is not ours, expired, revoked or another client's, and when its user is deleted or
 *   disabled.
 */
export async function verifyRefreshToken(
  deps: Pick<RefreshDeps, 'db' | 'clock' | 'secrets'>,
  client: AppClient,
  text: string,
): Promise<Omit<VerifiedRefreshToken, 'deviceKey'>> {
  const token = readRefreshToken(deps.secrets, text)
  if (token === undefined || token.clientId !== client.id || token.poolId !== client.poolId) throw refuse('Invalid Refresh Token')
  if (token.expiresAt <= deps.clock.now()) throw refuse('Refresh Token has expired')
  const key = { poolId: token.poolId, sub: token.sub, id: token.sessionId }
  const [user, session] = await Promise.all([findUser(deps.db, token.poolId, token.sub), findSession(deps.db, key)])
  if (user === undefined) throw refuse('Invalid Refresh Token')
  if (!user.enabled) throw refuse('User is disabled.')
  if (session === undefined || isRevoked(session, user)) throw refuse('Refresh Token has been revoked')
  return { token, user, session }
}

/** Whether a rotation has replaced the token, and the grace period of the client is over. */
export function isReplaced(client: AppClient, { token, session }: Pick<VerifiedRefreshToken, 'token' | 'session'>, now: number): boolean {
  if (token.generation === session.generation) return false
  return !client.refreshRotation?.enabled || !withinGrace(client, session, token, now)
}

/**
 * Where the pool tracks devices, a session is refreshed only on the device that it was begun on. The caller has to name that device
 * (`presented`), and the user must have confirmed it and not forgotten it. A session that was begun before the pool tracked devices is not
 * bound to a device. Nor does the caller have to name the device of a sign-in on the hosted pages: the browser keeps it, and the app does
 * not know it. Returns the key of the device, or undefined.
 */
async function requireDevice(
  db: Db,
  pool: Pool,
  { token, session }: Pick<VerifiedRefreshToken, 'token' | 'session'>,
  presented: string | undefined,
): Promise<string | undefined> {
  const { poolId, sub, deviceKey: key } = session
  if (pool.devices === undefined || key === null) return undefined
  const isNamed = presented === key || (token.granted !== undefined && presented === undefined)
  if (!isNamed || (await findDevice(db, { poolId, sub, key })) === undefined) throw refuse('Invalid Refresh Token.')
  return key
}

/** New tokens for a verified refresh token, with a new refresh token where the client rotates them. */
export function renewTokens(deps: RefreshDeps, context: RefreshContext, verified: VerifiedRefreshToken): Promise<IssuedTokens> {
  const renew = context.client.refreshRotation?.enabled ? rotateTokens : refreshTokens
  return renew(deps, context, verified)
}

/** New access and ID tokens for a client without rotation. The refresh token stays valid. */
export async function refreshTokens(
  deps: RefreshDeps,
  context: RefreshContext,
  { token, user, session, deviceKey }: VerifiedRefreshToken,
): Promise<IssuedTokens> {
  const subject = { pool: context.pool, client: context.client, user }
  // A token that a rotation has replaced stays invalid, even after its client stops rotating.
  if (token.generation !== session.generation) throw refuse('Refresh Token has been revoked')
  const customization = await runPreTokenGeneration(
    deps,
    subject,
    'TokenGeneration_RefreshTokens',
    context.caller,
    narrowed(context, token),
  )
  const now = deps.clock.now()
  const activity = nextActivity(context.pool, session, context, now)
  const recording = activity === null ? undefined : recordActivity(deps.db, session, activity)
  const [tokens] = await Promise.all([
    reissueTokens(deps, subject, { ...sourceOf(context, token), deviceKey, customization }, now),
    recording,
  ])
  return { ...tokens, refreshToken: undefined }
}

/** What the new tokens are for. The session, and its refresh tokens, keep all scopes. */
function narrowed({ scopes }: RefreshContext, { granted }: RefreshToken): GrantedScopes | undefined {
  return granted && scopes ? { ...granted, scopes } : granted
}

const sourceOf = (context: RefreshContext, token: RefreshToken) => ({
  refresh: { ...token, granted: narrowed(context, token) },
  boundTo: context.boundTo,
})

/**
 * New access and ID tokens and a new refresh token, which expires when the old refresh token would. The old one still works during the
 * client's grace period.
 *
 * @throws ApiError RefreshTokenReuseException when the old token is used after the grace period: two parties hold it then, and nothing
 *   tells which of them is the thief, so the whole session ends (RFC 9700 §4.14.2).
 */
async function rotateTokens(
  deps: RefreshDeps,
  context: RefreshContext,
  { token, user, session, deviceKey }: VerifiedRefreshToken,
): Promise<IssuedTokens> {
  const { pool, client, caller } = context
  const subject = { pool, client, user }
  const arrivedAt = deps.clock.now()
  const key = { poolId: token.poolId, sub: token.sub, id: token.sessionId }
  const endReusedSession = async () => {
    await revokeSession(deps.db, key, deps.clock.now())
    throw new ApiError('RefreshTokenReuseException', 'Refresh Token has been rotated and can no longer be used')
  }
  // The reuse is handled before PreTokenGeneration runs: a trigger function must not be able to keep the session alive.
  if (session.generation !== token.generation && !withinGrace(client, session, token, arrivedAt)) await endReusedSession()
  // PreTokenGeneration and the signing come before the rotation, so that a failure of either leaves the old refresh token valid.
  const customization = await runPreTokenGeneration(deps, subject, 'TokenGeneration_RefreshTokens', caller, narrowed(context, token))
  // The grace period of the old refresh token begins now, not before the trigger function ran.
  const now = deps.clock.now()
  const tokens = await reissueTokens(deps, subject, { ...sourceOf(context, token), deviceKey, customization }, now)
  const rotated = await rotateSession(deps.db, key, token.generation, { now, activity: nextActivity(pool, session, context, now) })
  if (!rotated && !withinGrace(client, (await findSession(deps.db, key)) ?? session, token, arrivedAt)) await endReusedSession()
  return { ...tokens, refreshToken: writeRefreshToken(deps.secrets, { ...token, generation: token.generation + 1 }) }
}

function withinGrace(client: AppClient, session: Session, token: RefreshToken, now: number): boolean {
  const graceMs = (client.refreshRotation?.gracePeriodSeconds ?? 0) * 1000
  if (graceMs === 0 || session.revokedAt !== null || session.rotatedAt === null) return false
  // The difference can be negative: of two requests at once, the one that rotates later may have read the clock earlier.
  return session.generation === token.generation + 1 && now - session.rotatedAt < graceMs
}

const refuse = (message: string) => new ApiError('NotAuthorizedException', message)
