import type { Clock } from '../../base/clock.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { SessionCaller } from '../../users/caller.ts'
import { lockCaller } from '../../users/lock-caller.ts'
import { writeSessionId } from './session-id.ts'
import { endSession } from './tracked-sessions.ts'

/** Ends another session of the user. RevokeToken and GlobalSignOut end the session of the caller itself. */
export const revokeUserSession = operation('RevokeUserSession', {
  auth: 'access-token',

  async handle(request, { db, clock }: { db: Db; clock: Clock }, caller: SessionCaller) {
    const { pool, sessionId } = caller
    if (sessionId !== undefined && request.SessionId === writeSessionId(sessionId))
      throw invalidParameter('The current session cannot be revoked by this operation.')
    await db.transaction().execute(async (tx) => {
      const user = await lockCaller(tx, caller)
      await endSession(tx, { pool, user }, request.SessionId, clock.now())
    })
    return {}
  },
})
