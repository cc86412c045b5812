import type { AuditedCall } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { chooseInvitationContacts, type Delivery } from '../../messaging/destination.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueInvitation } from '../../messaging/send-code.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { CallerContext, Triggers } from '../../triggers/trigger.ts'
import type { FirstMessage } from '../create-user.ts'
import { addToPasswordHistory } from '../passwords/password-history.ts'
import { requireStrongPassword } from '../passwords/password-policy.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { newTemporaryPassword, temporaryPasswordEnd } from '../passwords/temporary-password.ts'
import { withChangedPassword } from '../passwords/with-changed-password.ts'
import type { User } from '../user.ts'
import { getUserByName } from '../user-repository.ts'
import { renderMessageTo } from '../user-triggers.ts'
import { changeFoundUser } from './change-user.ts'

type Invitation = {
  /** How to send the invitation; undefined when the server chooses. */
  readonly mediums: readonly ('EMAIL' | 'SMS')[] | undefined
  /** Undefined for a user without a password. */
  readonly temporaryPassword: string | undefined
  readonly callerContext: CallerContext
}

/**
 * The message that tells a new user their username and temporary password. CustomMessage is called once, even if the message goes out both
 * by e-mail and by SMS.
 */
export function invitation(
  { secrets, triggers }: { readonly secrets: Secrets; readonly triggers: Triggers },
  pool: Pool,
  { mediums, temporaryPassword, callerContext }: Invitation,
): FirstMessage {
  return {
    render(user) {
      const attributes = chooseInvitationContacts(mediums, user.attributes).map(({ attribute }) => attribute)
      return renderMessageTo(triggers, { pool, user, attributes, kind: 'invitation', callerContext })
    },
    queue: (tx, user, messageContent) =>
      queueInvitation(tx, secrets, { pool, user, mediums, temporaryPassword, messageContent, now: user.updatedAt }),
  }
}

export type InvitationDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly passwords: Passwords
  readonly outbox: Outbox
  readonly triggers: Triggers
}

/**
 * Invites again a user who has not signed in yet. The user gets a new temporary password with a full lifetime: the given one or a random
 * one. The earlier temporary password no longer works.
 *
 * @throws ApiError UserNotFoundException when no user has the name
 * @throws ApiError UnsupportedUserStateException when the user has no temporary password
 * @throws ApiError InvalidPasswordException when the pool's policy does not allow the given password
 */
export async function resendInvitation(
  deps: InvitationDeps & { readonly audit: AuditedCall },
  pool: Pool,
  { username, temporaryPassword: given, ...how }: Invitation & { readonly username: string },
): Promise<User> {
  const { clock, passwords, outbox } = deps
  const found = await getUserByName(deps.db, pool, username)
  requireInvited(found)
  if (given !== undefined) requireStrongPassword(pool, given, 'set')
  const temporaryPassword = given ?? newTemporaryPassword(pool.passwordPolicy)
  const message = invitation(deps, pool, { ...how, temporaryPassword })
  const content = await message.render(found)
  const password = await passwords.protect(pool, found, temporaryPassword)
  const now = clock.now()
  let deliveries: Delivery[] = []

  const user = await changeFoundUser(deps, pool, found, async (before, tx) => {
    requireInvited(before)
    await addToPasswordHistory(tx, pool, before, now)
    const after = withChangedPassword(pool, before, { password, passwordExpiresAt: temporaryPasswordEnd(pool, now) }, now)
    if (content !== undefined) deliveries = await message.queue(tx, after, content)
    return after
  })
  await outbox.afterCommit(pool, deliveries)
  return user
}

function requireInvited({ username, status }: User): void {
  if (status === 'FORCE_CHANGE_PASSWORD') return
  throw new ApiError('UnsupportedUserStateException', `Resend not possible. ${username} status is not FORCE_CHANGE_PASSWORD`)
}
