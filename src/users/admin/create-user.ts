import type { Clock } from '../../base/clock.ts'
import { uuidv7 } from '../../base/ids.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Outbox } from '../../messaging/after-commit.ts'
import type { Delivery } from '../../messaging/destination.ts'
import { queueInvitation } from '../../messaging/send-code.ts'
import type { Occasion, Wording } from '../../messaging/wording.ts'
import { requireRequiredAttributes } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { askPreSignUp } from '../../triggers/pre-sign-up.ts'
import type { Triggers } from '../../triggers/trigger.ts'
import { makeWayFor } from '../abandoned/forget-abandoned.ts'
import { lockUserTakingAliases } from '../alias-takeover.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { temporaryPasswordEnd } from '../passwords/temporary-password.ts'
import { type Attributes, aliasesOf, type User } from '../user.ts'
import { insertUser } from '../user-repository.ts'
import { chooseTemporaryPassword, draftNewUser, requireNameFree, requireNamesFree } from './create-user-rules.ts'
import { type InvitationMediums, wordInvitation } from './invitation.ts'

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
  readonly occasion: Occasion
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
  await makeWayFor(db, pool, draft, now)
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
  const wording = wish.invite && (await wordInvitation(triggers, { pool, user, mediums: wish.invite.mediums, occasion: wish.occasion }))
  const deliveries = await db.transaction().execute((tx) => storeNewUser(tx, deps, pool, { user, temporaryPassword, wish, wording }))
  if (deliveries.length > 0) await outbox.afterCommit(pool, deliveries)
  return user
}

/** The pool's own code may refuse; what else it answers concerns those who sign themselves up. */
async function askWhether(
  { triggers }: CreateUserDeps,
  pool: Pool,
  draft: Pick<User, 'username' | 'attributes'>,
  { validationData, occasion }: NewUser,
): Promise<void> {
  const { clientId, clientMetadata, userAgent } = occasion
  const subject = { pool, clientId, username: draft.username, sub: undefined, userAgent }
  const asked = { userAttributes: draft.attributes, validationData, clientMetadata }
  await askPreSignUp(triggers, subject, 'PreSignUp_AdminCreateUser', asked)
}

type Creation = {
  readonly user: User
  readonly temporaryPassword: string | undefined
  readonly wish: NewUser
  /** Undefined when nobody is told. */
  readonly wording: Wording | undefined
}

async function storeNewUser(
  tx: Tx,
  { secrets }: CreateUserDeps,
  pool: Pool,
  { user, temporaryPassword, wish, wording }: Creation,
): Promise<Delivery[]> {
  const now = user.createdAt
  if (wish.forceAliasCreation) await lockUserTakingAliases(tx, pool, user.sub, aliasesOf(pool, user), now)
  requireNameFree(pool, await insertUser(tx, pool, user))
  if (wording === undefined) return []
  return queueInvitation(tx, secrets, { pool, user, mediums: wish.invite?.mediums, temporaryPassword, wording, now })
}
