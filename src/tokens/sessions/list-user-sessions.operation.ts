import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { SessionCaller } from '../../users/caller.ts'
import { listActiveSessions } from './tracked-sessions.ts'
import { requireFirstPage, writeSession } from './wire.ts'

/** Lists the user's sessions in all clients of the pool, the one used last first. */
export const listUserSessions = operation('ListUserSessions', {
  auth: 'access-token',

  async handle(request, { db, clock }: { db: Db; clock: Clock }, { pool, user, sessionId }: SessionCaller) {
    requireFirstPage(request.NextToken)
    const sessions = await listActiveSessions(db, pool, user, clock.now())
    return { Sessions: sessions.map((session) => writeSession(session, session.id === sessionId)) }
  },
})
