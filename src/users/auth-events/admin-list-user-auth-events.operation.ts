import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { requireThreatProtection } from '../../pools/risk/risk-configuration.ts'
import { listAuthEvents } from '../../protection/auth-event-repository.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { writeAuthEvent } from './auth-event-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

const largestPage = 60

export const adminListUserAuthEvents = operation('AdminListUserAuthEvents', {
  auth: 'iam',

  async handle(request, { db, pools, secrets }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    requireThreatProtection(pool)
    const { sub } = await getUserByName(db, pool, request.Username)
    // Cognito's API model allows a MaxResults of 0, which means the same as a missing value.
    const size = request.MaxResults || largestPage
    const list = `AdminListUserAuthEvents ${pool.id} ${sub}`
    const after = readPageToken(secrets, list, request.NextToken)
    const found = await listAuthEvents(db, pool.id, sub, { after, limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return { AuthEvents: entries.map(writeAuthEvent), NextToken: nextToken }
  },
})
