import { type AuditedCaller, withDetail } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import { discardCode } from '../../messaging/code-repository.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { addToPasswordHistory, requireUnusedPassword } from '../passwords/password-history.ts'
import { requireStrongPassword } from '../passwords/password-policy.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { temporaryPasswordEnd } from '../passwords/temporary-password.ts'
import { withChangedPassword } from '../passwords/with-changed-password.ts'
import { getUserByName } from '../user-repository.ts'
import { changeFoundUser } from './change-user.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; passwords: Passwords }

/**
 * A permanent password confirms the user, whatever the status was. With a temporary one, the user must choose a new password at the next
 * sign-in. The user gets no message. Sessions continue, as in Cognito, unless the pool ends them. An outstanding code for a new password
 * becomes invalid, because the administrator's decision is the later one.
 */
export const adminSetUserPassword = operation('AdminSetUserPassword', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools, passwords }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    requireStrongPassword(pool, request.Password, 'set')
    const user = await getUserByName(db, pool, request.Username)
    await requireUnusedPassword({ db, passwords }, pool, user, request.Password)
    const password = await passwords.protect(pool, user, request.Password)
    const now = clock.now()

    const detail = `password: ${request.Permanent ? 'permanent' : 'temporary'}`
    await changeFoundUser({ db, audit: withDetail(audit, detail) }, pool, user, async (before, tx) => {
      await addToPasswordHistory(tx, pool, before, now)
      await discardCode(tx, { poolId: pool.id, sub: user.sub, purpose: 'forgot-password' })
      const state = request.Permanent
        ? ({ status: 'CONFIRMED', passwordExpiresAt: null } as const)
        : ({ status: 'FORCE_CHANGE_PASSWORD', passwordExpiresAt: temporaryPasswordEnd(pool, now) } as const)
      return withChangedPassword(pool, before, { ...state, password }, now)
    })
    return {}
  },
})
