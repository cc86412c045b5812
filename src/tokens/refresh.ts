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
import { type IssuedTokens, reissueTokens, type TokenDeps } from './issue-tokens.ts'
import { type RefreshToken, readRefreshToken, writeRefreshToken } from './refresh-token.ts'
import { runPreTokenGeneration } from './run-pre-token-generation.ts'
import { isRevoked, type Session } from './session.ts'
import { findSession, revokeSession, rotateSession } from './session-repository.ts'
import { recordActivity } from './sessions/tracked-session-repository.ts'
import { nextActivity } from './sessions/tracking.ts'

/** From where and by what a refresh is asked for. */
type Visit = RequestContext & { readonly caller: CallerContext }

export type RefreshDeps = TokenDeps & { readonly db: Db; readonly clock: Clock }

/** A refresh token that is good at this moment, and what it stands for. */
export type Refreshable = {
  readonly token: RefreshToken
  readonly user: User
  readonly session: Session
  /** The confirmed device that the session was begun on. */
  readonly deviceKey: string | undefined
}

type Presented = { readonly pool: Pool; readonly client: AppClient; readonly refreshToken: string; readonly deviceKey: string | undefined }

/**
 * Throws NotAuthorizedException when the token is garbage, another client's, expired, revoked, bound to a device that does not come
 * along, or its user gone or disabled.
 */
export async function requireRefreshable(
  deps: RefreshDeps,
  { pool, client, refreshToken: text, deviceKey: presented }: Presented,
): Promise<Refreshable> {
  const token = readRefreshToken(deps.secrets, text)
  if (token === undefined || token.clientId !== client.id || token.poolId !== client.poolId) throw refuse('Invalid Refresh Token')
  if (token.expiresAt <= deps.clock.now()) throw refuse('Refresh Token has expired')
  const key = { poolId: token.poolId, sub: token.sub, id: token.sessionId }
  const [user, session] = await Promise.all([findUser(deps.db, token.poolId, token.sub), findSession(deps.db, key)])
  if (user === undefined) throw refuse('Invalid Refresh Token')
  if (!user.enabled) throw refuse('User is disabled.')
  if (session === undefined || isRevoked(session, user)) throw refuse('Refresh Token has been revoked')
  return { token, user, session, deviceKey: await requireDevice(deps.db, pool, session, presented) }
}

/**
 * A session is refreshed only on the device that it was begun on: after the device is confirmed, and never after it is forgotten. A
 * session that was begun before the pool tracked devices is not bound to a device.
 */
async function requireDevice(db: Db, pool: Pool, session: Session, presented: string | undefined): Promise<string | undefined> {
  const { poolId, sub, deviceKey: key } = session
  if (pool.devices === undefined || key === null) return undefined
  if (presented !== key || (await findDevice(db, { poolId, sub, key })) === undefined) throw refuse('Invalid Refresh Token.')
  return key
}

/** New tokens for a client without rotation: the refresh token stays. */
export async function refreshTokens(
  deps: RefreshDeps,
  pool: Pool,
  client: AppClient,
  { token, user, session, deviceKey }: Refreshable,
  visit: Visit,
): Promise<IssuedTokens> {
  // That the client no longer rotates does not bring back a token that was rotated out before.
  if (token.generation !== session.generation) throw refuse('Refresh Token has been revoked')
  const shape = await agreeOnRefresh(deps, { pool, client, user }, visit)
  const now = deps.clock.now()
  const activity = nextActivity(pool, session, visit, now)
  const noting = activity === null ? undefined : recordActivity(deps.db, session, activity)
  const [tokens] = await Promise.all([reissueTokens(deps, pool, client, user, { refresh: token, deviceKey, shape }, now), noting])
  return { ...tokens, refreshToken: undefined }
}

/**
 * New tokens and a new refresh token with what is left of the old one's lifetime. The old one works on for the client's grace period.
 * After that its use means that two parties hold it, and since nobody can tell which of them is the thief, the whole session ends
 * (RFC 9700 §4.14.2): RefreshTokenReuseException.
 */
export async function rotateTokens(
  deps: RefreshDeps,
  pool: Pool,
  client: AppClient,
  { token, user, session, deviceKey }: Refreshable,
  visit: Visit,
): Promise<IssuedTokens> {
  const arrivedAt = deps.clock.now()
  const key = { poolId: token.poolId, sub: token.sub, id: token.sessionId }
  const endSession = async () => {
    await revokeSession(deps.db, key, deps.clock.now())
    throw new ApiError('RefreshTokenReuseException', 'Refresh Token has been rotated and can no longer be used')
  }
  // No function has a say in that, so none is asked before it.
  if (session.generation !== token.generation && !withinGrace(client, session, token, arrivedAt)) await endSession()
  // Agreed upon and signed first, so that a failure here leaves the old token as good as it was.
  const shape = await agreeOnRefresh(deps, { pool, client, user }, visit)
  // The grace period of others begins now, not before the function was asked.
  const now = deps.clock.now()
  const tokens = await reissueTokens(deps, pool, client, user, { refresh: token, deviceKey, shape }, now)
  const rotated = await rotateSession(deps.db, key, token.generation, { now, activity: nextActivity(pool, session, visit, now) })
  if (!rotated && !withinGrace(client, (await findSession(deps.db, key)) ?? session, token, arrivedAt)) await endSession()
  return { ...tokens, refreshToken: writeRefreshToken(deps.secrets, { ...token, generation: token.generation + 1 }) }
}

function agreeOnRefresh(deps: RefreshDeps, whose: { pool: Pool; client: AppClient; user: User }, { caller }: Visit) {
  return runPreTokenGeneration(deps, { ...whose, source: 'TokenGeneration_RefreshTokens', caller })
}

function withinGrace(client: AppClient, session: Session, token: RefreshToken, now: number): boolean {
  const graceMs = (client.refreshRotation?.gracePeriodSeconds ?? 0) * 1000
  // Of two requests at once the later one to be stored may be the earlier one to have looked at the clock.
  if (graceMs === 0 || session.revokedAt !== null || session.rotatedAt === null) return false
  return session.generation === token.generation + 1 && now - session.rotatedAt < graceMs
}

const refuse = (message: string) => new ApiError('NotAuthorizedException', message)
