import type { RequestContext } from '../../contract/operation.ts'
import type { Pool } from '../../pools/pool.ts'
import { sessionTrackingOf } from '../../pools/sessions/session-settings.ts'
import { deviceTypeOf } from '../../protection/device-type.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { User } from '../../users/user.ts'
import { lockUser } from '../../users/user-repository.ts'
import { type Activity, isRevoked, type Session } from '../session.ts'
import { revokeSession } from '../session-repository.ts'
import { listTrackedSessions } from './tracked-session-repository.ts'

/** What a session that begins now has for its first use; null in pools that do not track sessions. */
export function firstActivity(pool: Pool, context: RequestContext, now: number): Activity | null {
  return sessionTrackingOf(pool).enabled ? activityAt(context, now) : null
}

/** What to note of a session's use; null when its pool does not track sessions, or did not when it began. */
export function nextActivity(pool: Pool, session: Session, context: RequestContext, now: number): Activity | null {
  return session.activity === null ? null : firstActivity(pool, context, now)
}

function activityAt({ ip, userAgent }: RequestContext, now: number): Activity {
  return { lastActiveAt: now, device: deviceTypeOf(userAgent), ip: ip ?? null }
}

/** The user's tracked sessions that are still good, the one used last first; none in a pool that does not track them. */
export async function listActiveSessions(db: Db, pool: Pool, user: User, now: number): Promise<readonly Session[]> {
  if (!sessionTrackingOf(pool).enabled) return []
  return activeAmong(await listTrackedSessions(db, pool.id, user.sub, now), user)
}

/**
 * Ends as many of the user's sessions, those not used for longest first, as it takes for one more to be within the pool's limit. Locks
 * the user, so that two sign-ins at once do not both take the same place.
 */
export async function makeRoomForSession(tx: Tx, pool: Pool, sub: string, now: number): Promise<void> {
  const user = await lockUser(tx, pool.id, sub)
  if (user === undefined) return
  const tracked = await listTrackedSessions(tx, pool.id, sub, now)
  const kept = activeAmong(tracked, user).slice(0, sessionTrackingOf(pool).maxPerUser - 1)
  // Those that a sign-out ended go, too: what is left here is never more than the limit.
  for (const session of tracked) if (!kept.includes(session)) await revokeSession(tx, session, now)
}

function activeAmong(sessions: readonly Session[], user: User): readonly Session[] {
  return sessions.filter((session) => !isRevoked(session, user)).sort((a, b) => lastUse(b) - lastUse(a) || (a.id < b.id ? 1 : -1))
}

const lastUse = (session: Session): number => session.activity?.lastActiveAt ?? session.createdAt
