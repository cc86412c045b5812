import type { Clock } from '../../base/clock.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { SessionCaller } from '../../users/caller.ts'
import { writeSessionId } from './session-id.ts'
import { endSession } from './tracked-sessions.ts'

/** Ends another session of the user. RevokeToken and GlobalSignOut end the session of the caller itself. */
export const revokeUserSession = operation('RevokeUserSession', {
  auth: 'access-token',

  async handle(request, { db, clock }: { db: Db; clock: Clock }, { pool, user, sessionId }: SessionCaller) {
    if (sessionId !== undefined && request.SessionId === writeSessionId(sessionId))
      throw invalidParameter('The current session cannot be revoked by this operation.')
    await endSession(db, { pool, user }, request.SessionId, clock.now())
    return {}
  },
})
