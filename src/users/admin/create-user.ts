import type { Clock } from '../../base/clock.ts'
import { uuidv7 } from '../../base/ids.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Delivery } from '../../messaging/destination.ts'
import type { MessageContent } from '../../messaging/message-content.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueInvitation } from '../../messaging/send-code.ts'
import { requireRequiredAttributes } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { invokePreSignUp } from '../../triggers/pre-sign-up.ts'
import type { CallerContext, Triggers } from '../../triggers/trigger.ts'
import { lockUserTakingAliases } from '../alias-takeover.ts'
import { deleteExpiredSignUpsOf } from '../expired-sign-ups/delete-expired-sign-ups.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { temporaryPasswordEnd } from '../passwords/temporary-password.ts'
import { type Attributes, aliasesOf, type User } from '../user.ts'
import { insertUser } from '../user-repository.ts'
import { chooseTemporaryPassword, draftNewUser, requireNameFree, requireNamesFree } from './create-user-rules.ts'
import { type InvitationMediums, renderInvitation } from './invitation.ts'

export type CreateUserDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly passwords: Passwords
  readonly outbox: Outbox
  readonly triggers: Triggers
}

/** What an administrator says of a user to be. */
export type NewUser = {
  readonly username: string
  readonly attributes: Attributes
  /** Undefined leaves it to the pool: one is made up, or the user has none. */
  readonly temporaryPassword: string | undefined
  /** Takes verified addresses over from users who sign in with them. */
  readonly forceAliasCreation: boolean
  /** Undefined when nobody is to be told. */
  readonly invite: { readonly mediums: InvitationMediums } | undefined
  readonly validationData: Readonly<Record<string, string>> | undefined
  readonly callerContext: CallerContext
}

/**
 * Creates a user on behalf of an administrator, and tells the user unless told not to. Throws InvalidParameterException,
 * InvalidPasswordException, UsernameExistsException and, for an address that is somebody's alias, AliasExistsException.
 */
export async function createUser(deps: CreateUserDeps, pool: Pool, wish: NewUser): Promise<User> {
  const { db, clock, passwords, outbox, triggers } = deps
  const now = clock.now()
  const draft = draftNewUser(pool, { sub: uuidv7(now), username: wish.username, attributes: wish.attributes })
  const temporaryPassword = chooseTemporaryPassword(pool, wish.temporaryPassword)
  // Whoever has to choose a password at the first sign-in is asked for what is missing then.
  if (temporaryPassword === undefined) requireRequiredAttributes(pool, draft.attributes)
  await deleteExpiredSignUpsOf(db, pool, draft, now)
  await requireNamesFree(db, pool, draft, wish.forceAliasCreation)
  await askWhether(deps, pool, draft, wish)

  const state =
    temporaryPassword === undefined
      ? ({ status: 'CONFIRMED', password: null, passwordExpiresAt: null } as const)
      : ({
          status: 'FORCE_CHANGE_PASSWORD',
          password: await passwords.protect(draft, temporaryPassword),
          passwordExpiresAt: temporaryPasswordEnd(pool, now),
        } as const)
  const user: User = { ...draft, ...state, enabled: true, signedOutAt: null, mfa: null, createdAt: now, updatedAt: now }
  const messageContent =
    wish.invite && (await renderInvitation(triggers, { pool, user, mediums: wish.invite.mediums, callerContext: wish.callerContext }))
  const deliveries = await db.transaction().execute((tx) => storeNewUser(tx, deps, pool, { user, temporaryPassword, wish, messageContent }))
  if (deliveries.length > 0) await outbox.afterCommit(pool, deliveries)
  return user
}

/** The pool's own code may refuse; what else it answers concerns those who sign themselves up. */
async function askWhether(
  { triggers }: CreateUserDeps,
  pool: Pool,
  draft: Pick<User, 'username' | 'attributes'>,
  { validationData, callerContext }: NewUser,
): Promise<void> {
  const { clientId, clientMetadata, userAgent } = callerContext
  const subject = { pool, clientId, username: draft.username, sub: undefined, userAgent }
  const asked = { userAttributes: draft.attributes, validationData, clientMetadata }
  await invokePreSignUp(triggers, subject, 'PreSignUp_AdminCreateUser', asked)
}

type Creation = {
  readonly user: User
  readonly temporaryPassword: string | undefined
  readonly wish: NewUser
  /** Undefined when nobody is told. */
  readonly messageContent: MessageContent | undefined
}

async function storeNewUser(
  tx: Tx,
  { secrets }: CreateUserDeps,
  pool: Pool,
  { user, temporaryPassword, wish, messageContent }: Creation,
): Promise<Delivery[]> {
  const now = user.createdAt
  if (wish.forceAliasCreation) await lockUserTakingAliases(tx, pool, user.sub, aliasesOf(pool, user), now)
  requireNameFree(pool, await insertUser(tx, pool, user))
  if (messageContent === undefined) return []
  return queueInvitation(tx, secrets, { pool, user, mediums: wish.invite?.mediums, temporaryPassword, messageContent, now })
}
