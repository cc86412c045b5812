import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../../users/user-repository.ts'
import { listActiveSessions } from './tracked-sessions.ts'
import { requireFirstPage, writeSession } from './wire.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

/** Like ListUserSessions. The caller is an administrator, so no session is the current one. */
export const adminListUserSessions = operation('AdminListUserSessions', {
  auth: 'iam',

  async handle(request, { db, clock, pools }: Deps) {
    requireFirstPage(request.NextToken)
    const pool = await pools.getPool(request.UserPoolId)
    const user = await getUserByName(db, pool, request.Username)
    const sessions = await listActiveSessions(db, pool, user, clock.now())
    return { Sessions: sessions.map((session) => writeSession(session, false)) }
  },
})
