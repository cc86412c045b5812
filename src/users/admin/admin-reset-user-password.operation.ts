import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Delivery } from '../../messaging/destination.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueForgotPasswordCode } from '../../messaging/send-code.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import { withChangedPassword } from '../passwords/with-changed-password.ts'
import { findRecoveryError, requireRecoveryContact, requireSelfRecovery } from '../recovery/recovery-rules.ts'
import type { User } from '../user.ts'
import { getUserByName } from '../user-repository.ts'
import { renderMessageTo } from '../user-triggers.ts'
import { changeFoundUser } from './change-user.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; outbox: Outbox; triggers: Triggers }

/**
 * The password no longer works, and the user gets a code to set a new one. The sealed password stays stored: the status blocks it, and the
 * pool's password history needs it. Sessions continue, as in Cognito, unless the pool ends them when a password changes.
 */
export const adminResetUserPassword = operation('AdminResetUserPassword', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, pools, outbox, triggers }: Deps, { audit }: AuditedCaller, from) {
    const pool = await pools.getPool(request.UserPoolId)
    const found = await getUserByName(db, pool, request.Username)
    requireEnabled(found)
    requireSelfRecovery(pool)
    requireResettable(pool, found)
    const callerContext = callerContextOf(undefined, from, request.ClientMetadata)
    const attributes = [requireRecoveryContact(pool, found).attribute]
    const messageContent = await renderMessageTo(triggers, { pool, user: found, attributes, kind: 'forgot-password', callerContext })

    let deliveries: Delivery[] = []
    await changeFoundUser({ db, audit }, pool, found, async (user, tx) => {
      requireEnabled(user)
      requireResettable(pool, user)
      const now = clock.now()
      const contact = requireRecoveryContact(pool, user)
      deliveries = [await queueForgotPasswordCode(tx, secrets, { pool, user, contact, messageContent, now })]
      return withChangedPassword(pool, user, { status: 'RESET_REQUIRED' }, now)
    })
    await outbox.afterCommit(pool, deliveries)
    return {}
  },
})

/** Refuses a disabled user. This check comes before the other checks of the user, as at Cognito. */
function requireEnabled({ enabled }: User): void {
  if (!enabled) throw new ApiError('NotAuthorizedException', 'User is disabled.')
}

function requireResettable(pool: Pool, user: User): void {
  const recoveryError = findRecoveryError(pool, user)
  if (recoveryError !== undefined) throw recoveryError
}
