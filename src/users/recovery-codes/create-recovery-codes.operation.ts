import type { Clock } from '../../base/clock.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { recoveryCodesOf } from '../../pools/extensions/pool-extensions.ts'
import { limitAttempts } from '../../protection/attempt-limit.ts'
import type { Db } from '../../storage/db.ts'
import { type AccountNoticeDeps, queueAccountNotice, sendAccountNotices } from '../account-notices/queue-account-notice.ts'
import type { SessionCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import { isAskedForMfa } from './needless-recovery-codes.ts'
import { putRecoveryCodeSet } from './recovery-code-repository.ts'
import { newRecoveryCodeSet, newRecoveryCodes } from './recovery-codes.ts'

/**
 * Lifeguard's own operation: a signed-in user gets new recovery codes, which replace all earlier ones. Only this answer shows them. The user
 * needs a second factor: the codes stand in for it, and do not make one.
 */
export const createRecoveryCodes = operation('CreateRecoveryCodes', {
  auth: 'access-token',

  async handle(_request, deps: AccountNoticeDeps & { db: Db; clock: Clock }, { pool, client, user, sessionId }: SessionCaller) {
    if (!recoveryCodesOf(pool).enabled) throw invalidParameter('Recovery codes are not turned on for the user pool.')
    const now = deps.clock.now()
    await limitAttempts(deps.db, { poolId: pool.id, subject: user.sub, action: 'CreateRecoveryCodes' }, now)
    const codes = newRecoveryCodes()
    await deps.db.transaction().execute(async (tx) => {
      const current = await lockCaller(tx, { user, sessionId })
      if (!(await isAskedForMfa(tx, pool, current))) {
        throw invalidParameter('Recovery codes are for users with a second factor. Set up MFA for the user first.')
      }
      await putRecoveryCodeSet(tx, current, newRecoveryCodeSet(deps.secrets, current, codes, now))
      await queueAccountNotice(tx, deps, { pool, user: current, change: 'MFA', clientId: client.id, now })
    })
    await sendAccountNotices(deps, pool)
    return { Codes: [...codes], CreatedAt: new Date(now) }
  },
})
