import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { issueCode as replaceCode } from '../../messaging/codes.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getLockedUser } from '../admin/change-user.ts'
import { getUserByName } from '../user-repository.ts'
import { planCode } from './plan-code.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog }

/**
 * Lifeguard's own operation: makes a code for a user that no message reaches. The administrator identifies the user and passes the code on.
 * The new code replaces the outstanding one, and no message is sent. The audit record names the administrator, never the code.
 */
export const issueCode = operation('IssueCode', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const found = await getUserByName(db, pool, request.Username)
    const now = clock.now()
    const { Purpose: purpose, Reason: reason } = request
    return db.transaction().execute(async (tx) => {
      const user = await getLockedUser(tx, found)
      const { contact, lifetimeMs, ...plan } = await planCode(tx, pool, user, { purpose, now })
      const holder = { pool, user }
      const code = await replaceCode(tx, secrets, { poolId: pool.id, sub: user.sub, ...plan, ...contact, holder, now, lifetimeMs })
      await audit.record(tx, { user, detail: `purpose: ${purpose}`, reason })
      return { Code: code, ExpiresAt: new Date(now + lifetimeMs) }
    })
  },
})
