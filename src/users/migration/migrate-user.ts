import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueInvitation } from '../../messaging/send-code.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { CallerContext, Triggers } from '../../triggers/trigger.ts'
import { invokeUserMigration, type MigratedUser } from '../../triggers/user-migration.ts'
import { findNameConflict } from '../admin/create-user-rules.ts'
import { renderInvitation } from '../admin/invitation.ts'
import { lockUserTakingAliases } from '../alias-takeover.ts'
import { deleteExpiredSignUpsOf } from '../expired-sign-ups/delete-expired-sign-ups.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { type AliasKind, aliasesOf, type User } from '../user.ts'
import { findUserByName, insertUser } from '../user-repository.ts'
import { draftMigrated, nameConflict } from './draft-migrated.ts'

export type MigrationDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly passwords: Passwords
  readonly outbox: Outbox
  readonly triggers: Triggers
}

type Arrival = {
  /** As it was typed. */
  readonly username: string
  /** Undefined for somebody who forgot it. */
  readonly password: string | undefined
  readonly validationData: Readonly<Record<string, string>> | undefined
  readonly callerContext: CallerContext
}

/** As in the API: nobody can be stored by any other name, and a system of others need not be asked what it makes of it. */
const usernameShape = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u

/**
 * Asks the pool's own code for somebody who is not known here, and stores them. Undefined when it does not know them either. Of two
 * arrivals at once one is stored, and both get that user; whether the password is theirs has to be looked at all the same.
 * @NOTE It answers to whoever knows a name and a password elsewhere: the caller keeps the limit of attempts.
 */
export async function migrateUser(deps: MigrationDeps, pool: Pool, arrival: Arrival): Promise<User | undefined> {
  const { username, password, validationData, callerContext } = arrival
  if (!usernameShape.test(username)) return undefined
  const { clientId, clientMetadata, userAgent } = callerContext
  const subject = { pool, clientId, username, sub: undefined, userAgent }
  const migrated = await invokeUserMigration(deps.triggers, subject, { password, validationData, clientMetadata })
  if (migrated === undefined) return undefined
  const user = await newUser(deps, pool, arrival, migrated)
  const clash = await storeNewUser(deps, pool, user, { migrated, callerContext })
  if (clash === undefined) return user
  // In a transaction, which waits for that of whoever came first: their user may not have been committed yet.
  const other = await deps.db.transaction().execute((tx) => findUserByName(tx, pool, username))
  if (other === undefined) throw nameConflict(clash)
  return other
}

/** A password that another system took is kept as it is, whatever the pool demands of new ones. */
async function newUser({ clock, passwords }: MigrationDeps, pool: Pool, arrival: Arrival, migrated: MigratedUser): Promise<User> {
  const { username, password } = arrival
  const draft = draftMigrated(pool, username, migrated, clock.now())
  if (password === undefined) return { ...draft, status: 'RESET_REQUIRED' }
  return { ...draft, status: migrated.finalStatus, password: await passwords.protect(draft, password) }
}

type Storing = { readonly migrated: MigratedUser; readonly callerContext: CallerContext }

/** The kind of name that somebody else has already, or undefined when the user was stored. */
async function storeNewUser(
  deps: MigrationDeps,
  pool: Pool,
  user: User,
  { migrated, callerContext }: Storing,
): Promise<AliasKind | undefined> {
  const { db, secrets, outbox, triggers } = deps
  const { mediums, isSilent, forceAliasCreation } = migrated
  const now = user.createdAt
  await deleteExpiredSignUpsOf(db, pool, user, now)
  const clash = await findNameConflict(db, pool, user, forceAliasCreation)
  if (clash !== undefined) return clash
  const messageContent = isSilent ? undefined : await renderInvitation(triggers, { pool, user, mediums, callerContext })
  try {
    await db.transaction().execute(async (tx) => {
      if (forceAliasCreation) await lockUserTakingAliases(tx, pool, user.sub, aliasesOf(pool, user), now)
      const taken = await insertUser(tx, pool, user)
      if (taken !== undefined) throw new NameTakenError(taken)
      if (messageContent !== undefined)
        await queueInvitation(tx, secrets, { pool, user, mediums, temporaryPassword: undefined, messageContent, now })
    })
  } catch (error) {
    if (error instanceof NameTakenError) return error.kind
    throw error
  }
  // Whoever arrives is let in, whether or not they can be told.
  await outbox.afterCommit(pool, [])
  return undefined
}

/** Takes the names back that were stored before the one that was not free. */
class NameTakenError extends Error {
  readonly kind: AliasKind

  constructor(kind: AliasKind) {
    super(`Somebody has the ${kind}.`)
    this.kind = kind
  }
}
