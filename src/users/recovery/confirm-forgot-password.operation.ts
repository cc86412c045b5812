import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import { codeExpired, requireCode } from '../../messaging/codes.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import type { PasswordScreening } from '../../protection/breached-passwords/password-screening.ts'
import { clearPasswordFailures } from '../../protection/lockouts.ts'
import { type AuthEventDeps, recordAuthEvent } from '../../protection/record-auth-event.ts'
import { contextFromClient } from '../../protection/user-context.ts'
import type { Db } from '../../storage/db.ts'
import { callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import { type AccountNoticeDeps, queueAccountNotice, sendAccountNotices } from '../account-notices/queue-account-notice.ts'
import { storeUser } from '../attribute-changes.ts'
import type { Proof } from '../claimed-user.ts'
import { addToPasswordHistory, requireUnusedPassword } from '../passwords/password-history.ts'
import { requireStrongPassword } from '../passwords/password-policy.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { requireOtherPassword, screenNewPassword } from '../passwords/screen-new-password.ts'
import { withChangedPassword } from '../passwords/with-changed-password.ts'
import type { User } from '../user.ts'
import { lockUser } from '../user-repository.ts'
import { runPostConfirmation } from '../user-triggers.ts'
import { proveResetCode, requireUsable } from './prove-reset-code.ts'

type Deps = AuthEventDeps &
  AccountNoticeDeps & { db: Db; clock: Clock; passwords: Passwords; passwordScreening: PasswordScreening; triggers: Triggers }

/**
 * Sets a new password with the code that ForgotPassword sent. The operation issues no tokens. It ends no sessions, as at Cognito, unless the
 * pool wants that.
 */
export const confirmForgotPassword = operation('ConfirmForgotPassword', {
  auth: 'app-client',

  async handle(request, deps: Deps, caller: AppClientCaller, requestContext) {
    const { pool, client } = caller
    const { ConfirmationCode: code, Password: password } = request
    requireStrongPassword(pool, password, 'set')
    // The code is checked before the password history: only a caller with the right code may learn whether a password was used before.
    const proof = await proveResetCode(deps, caller, { username: request.Username, code })
    await requireUnusedPassword(deps, pool, proof.user, password)
    const now = deps.clock.now()
    const context = contextFromClient(requestContext, { pool, client, username: request.Username, now }, request.UserContextData)
    const event = { sub: proof.user.sub, type: 'ForgotPassword', context, now, clientId: client.id } as const
    await requireOtherPassword(deps, caller, proof.user, password)
    const isCompromised = await screenNewPassword(deps, caller, event, password)
    const sealed = await deps.passwords.protect(pool, proof.user, password)
    const user = await storePassword(deps, caller, proof, { code, sealed })
    await recordAuthEvent(deps, pool, { ...event, response: 'Pass', isCompromised })
    const callerContext = callerContextOf(client, requestContext, request.ClientMetadata)
    await runPostConfirmation(deps.triggers, { pool, user, source: 'PostConfirmation_ConfirmForgotPassword', callerContext })
    return {}
  },
})

async function storePassword(
  deps: Deps,
  { pool, client }: AppClientCaller,
  proof: Proof,
  { code, sealed }: { code: string; sealed: string },
): Promise<User> {
  const { db, clock, secrets } = deps
  const now = clock.now()
  const { sub } = proof.user
  const stored = await db.transaction().execute(async (tx) => {
    const user = await lockUser(tx, pool.id, sub)
    if (user === undefined) throw codeExpired()
    requireUsable(user, proof)
    await requireCode(tx, secrets, { poolId: pool.id, sub, purpose: 'forgot-password', code, now })
    await addToPasswordHistory(tx, pool, user, now)
    const changed = withChangedPassword(pool, user, { password: sealed, passwordExpiresAt: null, status: 'CONFIRMED' }, now)
    await storeUser(tx, pool, user, changed)
    await clearPasswordFailures(tx, pool.id, sub)
    await queueAccountNotice(tx, deps, { pool, user, change: 'PASSWORD', clientId: client.id, now })
    return changed
  })
  await sendAccountNotices(deps, pool)
  return stored
}
