import type { Db, Tx } from '../../storage/db.ts'
import type { Activity, Session } from '../session.ts'
import { activityColumns, fromRow, type SessionKey } from '../session-repository.ts'

/**
 * The user's tracked sessions that are neither expired nor revoked, in no particular order. Sessions that a sign-out ended
 * are included, because a sign-out changes the user and not the rows of the sessions.
 */
export async function listTrackedSessions(db: Db | Tx, poolId: string, sub: string, now: number): Promise<readonly Session[]> {
  const rows = await db
    .selectFrom('session')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('expires_at', '>', now)
    .where('last_active_at', 'is not', null)
    .where('revoked_at', 'is', null)
    .execute()
  return rows.map(fromRow)
}

/** Records the last use of a session. Does nothing when the session is not tracked or was revoked. */
export async function recordActivity(db: Db | Tx, key: SessionKey, activity: Activity): Promise<void> {
  await db
    .updateTable('session')
    .set(activityColumns(activity))
    .where('pool_id', '=', key.poolId)
    .where('sub', '=', key.sub)
    .where('id', '=', key.id)
    .where('last_active_at', 'is not', null)
    .where('revoked_at', 'is', null)
    .execute()
}

/** Ends a tracked session of the user. False when the user has no such session, or when the session has ended already. */
export async function revokeTrackedSession(
  db: Db | Tx,
  user: { readonly poolId: string; readonly sub: string; readonly signedOutAt: number | null },
  id: string,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('session')
    .set({ revoked_at: now })
    .where('pool_id', '=', user.poolId)
    .where('sub', '=', user.sub)
    .where('id', '=', id)
    .where('last_active_at', 'is not', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .where('user_signed_out_at', 'is not distinct from', user.signedOutAt)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}
