import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { ChangePasswordRequest } from '../../contract/generated/types.ts'
import type { RequestContext } from '../../contract/operation.ts'
import type { Pool } from '../../pools/pool.ts'
import { limitAttempts } from '../../protection/attempt-limit.ts'
import type { PasswordScreening } from '../../protection/breached-passwords/password-screening.ts'
import type { Lockout } from '../../protection/lockout.ts'
import { type AuthEventDeps, recordAuthEvent } from '../../protection/record-auth-event.ts'
import type { Db } from '../../storage/db.ts'
import { type AccountNoticeDeps, queueAccountNotice, sendAccountNotices } from '../account-notices/queue-account-notice.ts'
import { storeUser } from '../attribute-changes.ts'
import type { SessionCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import { keepSession } from '../passwords/kept-session-repository.ts'
import { addToPasswordHistory, requireUnusedPassword } from '../passwords/password-history.ts'
import { requireStrongPassword } from '../passwords/password-policy.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { incorrectPassword, requireOwnPassword } from '../passwords/require-own-password.ts'
import { screenNewPassword } from '../passwords/screen-new-password.ts'
import { withChangedPassword } from '../passwords/with-changed-password.ts'
import { isSamePassword } from '../security-stamp.ts'
import type { User } from '../user.ts'

export type SetOwnPasswordDeps = AuthEventDeps &
  AccountNoticeDeps & { db: Db; clock: Clock; passwords: Passwords; passwordScreening: PasswordScreening; lockout: Lockout }

/**
 * A signed-in user changes the password, or sets the first one. Returns the user as stored. A later read could see what another request
 * has changed since, such as the password of a recovery.
 *
 * @throws ApiError as ChangePassword does.
 */
export async function setOwnPassword(
  deps: SetOwnPasswordDeps,
  { pool, client, user, sessionId }: SessionCaller,
  request: Pick<ChangePasswordRequest, 'PreviousPassword' | 'ProposedPassword'>,
  context: RequestContext,
): Promise<User> {
  const { db, clock, passwords } = deps
  const now = clock.now()
  if (user.status === 'RESET_REQUIRED') {
    throw new ApiError('PasswordResetRequiredException', 'Password reset required for the user')
  }
  requireStrongPassword(pool, request.ProposedPassword, 'change')
  await limitAttempts(db, { poolId: pool.id, subject: user.sub, action: 'ChangePassword' }, now)
  await requirePreviousPassword(deps, pool, user, request.PreviousPassword, now)
  await requireUnusedPassword(deps, pool, user, request.ProposedPassword)
  const event = { sub: user.sub, type: 'PasswordChange', context, now, clientId: client.id } as const
  const isCompromised = await screenNewPassword(deps, { pool, client }, event, request.ProposedPassword)
  const sealed = await passwords.protect(pool, user, request.ProposedPassword)

  const stored = await db.transaction().execute(async (tx) => {
    const locked = await lockCaller(tx, { user, sessionId })
    // Another request has replaced the password that was checked above.
    if (!isSamePassword(locked, user)) throw incorrectPassword()
    await addToPasswordHistory(tx, pool, locked, now)
    const status = locked.status === 'FORCE_CHANGE_PASSWORD' ? 'CONFIRMED' : locked.status
    const changed = withChangedPassword(pool, locked, { password: sealed, passwordExpiresAt: null, status }, now)
    await storeUser(tx, pool, locked, changed)
    if (sessionId !== undefined) await keepSession(tx, locked, changed, sessionId)
    await queueAccountNotice(tx, deps, { pool, user: locked, change: 'PASSWORD', clientId: client.id, now })
    return changed
  })
  await sendAccountNotices(deps, pool)
  await recordAuthEvent(deps, pool, { ...event, response: 'Pass', isCompromised })
  return stored
}

/**
 * Requires the current password, except of a user who has none.
 * @throws ApiError NotAuthorizedException when `previous` is not the user's password
 */
async function requirePreviousPassword(
  deps: SetOwnPasswordDeps,
  pool: Pool,
  user: User,
  previous: string | undefined,
  now: number,
): Promise<void> {
  if (user.password === null && previous === undefined && user.status !== 'EXTERNAL_PROVIDER') return
  if (previous === undefined) throw incorrectPassword()
  await requireOwnPassword(deps, pool, user, previous, now)
}
