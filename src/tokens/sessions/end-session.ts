import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import { sessionTrackingOf } from '../../pools/sessions/session-settings.ts'
import type { Db } from '../../storage/db.ts'
import type { User } from '../../users/user.ts'
import { readSessionId } from './session-id.ts'
import { revokeTrackedSession } from './tracked-session-repository.ts'

/**
 * Ends one session of the user, and with it every token that came from it. Throws ResourceNotFoundException when it is none of theirs,
 * or over, or not tracked. No session has others linked to it before there is a single sign-on.
 */
export async function endSession(db: Db, pool: Pool, user: User, sessionId: string, now: number): Promise<void> {
  const id = sessionTrackingOf(pool).enabled ? readSessionId(sessionId) : undefined
  if (id !== undefined && (await revokeTrackedSession(db, user, id, now))) return
  throw new ApiError('ResourceNotFoundException', 'Session does not exist.')
}
