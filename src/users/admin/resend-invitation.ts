import { ApiError } from '../../contract/api-error.ts'
import type { Delivery } from '../../messaging/destination.ts'
import { queueInvitation } from '../../messaging/send-code.ts'
import type { Pool } from '../../pools/pool.ts'
import type { CallerContext } from '../../triggers/trigger.ts'
import { addToPasswordHistory } from '../passwords/password-history.ts'
import { requireStrongPassword } from '../passwords/password-policy.ts'
import { newTemporaryPassword, temporaryPasswordEnd } from '../passwords/temporary-password.ts'
import type { User } from '../user.ts'
import { getUserByName } from '../user-repository.ts'
import { changeFoundUser } from './change-user.ts'
import type { CreateUserDeps } from './create-user.ts'
import { type InvitationMediums, renderInvitation } from './invitation.ts'

type Again = {
  readonly username: string
  /** Undefined makes one up. */
  readonly temporaryPassword: string | undefined
  readonly mediums: InvitationMediums
  readonly callerContext: CallerContext
}

/**
 * Invites somebody again who has not signed in yet, with a fresh temporary password that lives its whole time; the one before is
 * worth nothing from then on. Throws UserNotFoundException, UnsupportedUserStateException and InvalidPasswordException.
 */
export async function resendInvitation(deps: CreateUserDeps, pool: Pool, again: Again): Promise<User> {
  const { username, temporaryPassword, mediums, callerContext } = again
  const { db, clock, secrets, passwords, outbox, triggers } = deps
  const found = await getUserByName(db, pool, username)
  requireInvited(found)
  if (temporaryPassword !== undefined) requireStrongPassword(pool, temporaryPassword, 'set')
  const messageContent = await renderInvitation(triggers, { pool, user: found, mediums, callerContext })
  const plain = temporaryPassword ?? newTemporaryPassword(pool.passwordPolicy)
  const password = await passwords.protect(found, plain)
  const now = clock.now()
  let deliveries: Delivery[] = []

  const user = await changeFoundUser(db, pool, found, async (before, tx) => {
    requireInvited(before)
    await addToPasswordHistory(tx, pool, before, now)
    const after = { ...before, password, passwordExpiresAt: temporaryPasswordEnd(pool, now), updatedAt: now }
    deliveries = await queueInvitation(tx, secrets, { pool, user: after, mediums, temporaryPassword: plain, messageContent, now })
    return after
  })
  await outbox.afterCommit(pool, deliveries)
  return user
}

function requireInvited({ username, status }: User): void {
  if (status === 'FORCE_CHANGE_PASSWORD') return
  throw new ApiError('UnsupportedUserStateException', `Resend not possible. ${username} status is not FORCE_CHANGE_PASSWORD`)
}
