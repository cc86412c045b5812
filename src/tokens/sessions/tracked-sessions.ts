import { ApiError } from '../../contract/api-error.ts'
import type { RequestContext } from '../../contract/operation.ts'
import type { Pool } from '../../pools/pool.ts'
import { sessionTrackingOf } from '../../pools/sessions/session-settings.ts'
import { deviceTypeOf } from '../../protection/device-type.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { User } from '../../users/user.ts'
import { lockUser } from '../../users/user-repository.ts'
import { type Activity, isRevoked, type Session } from '../session.ts'
import { revokeSession } from '../session-repository.ts'
import { readSessionId } from './session-id.ts'
import { listTrackedSessions, revokeTrackedSession } from './tracked-session-repository.ts'

/** The first use of a session that begins now; null in pools that do not track sessions. */
export function firstActivity(pool: Pool, context: RequestContext, now: number): Activity | null {
  return sessionTrackingOf(pool).enabled ? activityAt(context, now) : null
}

/** A later use of a session; null when its pool does not track sessions, or did not when the session began. */
export function nextActivity(pool: Pool, session: Session, context: RequestContext, now: number): Activity | null {
  return session.activity === null ? null : firstActivity(pool, context, now)
}

function activityAt({ ip, userAgent }: RequestContext, now: number): Activity {
  return { lastActiveAt: now, device: deviceTypeOf(userAgent), ip: ip ?? null }
}

/** The user's active tracked sessions, the one used last first; empty in a pool that does not track sessions. */
export async function listActiveSessions(db: Db, pool: Pool, user: User, now: number): Promise<readonly Session[]> {
  if (!sessionTrackingOf(pool).enabled) return []
  return activeAmong(await listTrackedSessions(db, pool.id, user.sub, now), user)
}

/**
 * Ends the user's least recently used sessions, until one more session is within the pool's limit. Locks the user: otherwise two sign-ins
 * at once could both count on the same free place.
 */
export async function makeRoomForSession(tx: Tx, pool: Pool, sub: string, now: number): Promise<void> {
  const user = await lockUser(tx, pool.id, sub)
  if (user === undefined) return
  const tracked = await listTrackedSessions(tx, pool.id, sub, now)
  const kept = activeAmong(tracked, user).slice(0, sessionTrackingOf(pool).maxPerUser - 1)
  // Sessions that a sign-out ended are revoked here as well, so that `tracked` never grows beyond the limit.
  for (const session of tracked) if (!kept.includes(session)) await revokeSession(tx, session, now)
}

/**
 * Ends one session of the user, and with it every token issued from it. No other session is linked to it: the session of a browser with
 * the hosted pages is not stored.
 *
 * @throws ApiError ResourceNotFoundException when the user has no such session, and when the session has ended or is not tracked.
 */
export async function endSession(db: Db | Tx, { pool, user }: { pool: Pool; user: User }, sessionId: string, now: number): Promise<void> {
  const id = sessionTrackingOf(pool).enabled ? readSessionId(sessionId) : undefined
  if (id !== undefined && (await revokeTrackedSession(db, user, id, now))) return
  throw new ApiError('ResourceNotFoundException', 'Session does not exist.')
}

function activeAmong(sessions: readonly Session[], user: User): readonly Session[] {
  return sessions.filter((session) => !isRevoked(session, user)).sort((a, b) => lastUse(b) - lastUse(a) || (a.id < b.id ? 1 : -1))
}

const lastUse = (session: Session): number => session.activity?.lastActiveAt ?? session.createdAt
