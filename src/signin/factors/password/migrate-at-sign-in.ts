import { hidesUserExistence } from '../../../pools/app-client.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { Lockout, ProofOutcome } from '../../../protection/lockout.ts'
import { hasTrigger } from '../../../triggers/trigger.ts'
import { decoySub } from '../../../users/decoy.ts'
import { findVisibleUser } from '../../../users/expired-sign-ups/expired-sign-ups.ts'
import { isMigrationRefusal, type MigrationDeps, migrateUser, usernameShape } from '../../../users/migration/migrate-user.ts'
import type { User } from '../../../users/user.ts'
import type { Candidate } from '../../candidate.ts'
import type { SignInContext } from '../../sign-in.ts'
import { wrongPassword } from '../../sign-in-errors.ts'
import { bringAtSignIn, type FormerPoolDeps } from './ask-former-pool.ts'
import type { ScreenPasswordDeps } from './screen-password.ts'

export type PasswordDeps = MigrationDeps & ScreenPasswordDeps & FormerPoolDeps & { readonly lockout: Lockout }

export type PasswordAttempt = { readonly username: string; readonly password: string }

/**
 * Runs the UserMigration trigger, or else asks the former pool, for an unknown name and a password. A failed attempt counts like a wrong password of a user, so that no
 * one can guess passwords of the system behind the trigger through this server. Undefined when the pool has neither. Where the
 * client hides which users exist, a user that the function does not know or refuses gives a candidate whose password was refused. For other
 * clients, a user that the function does not know gives undefined.
 *
 * @throws Error the trigger function's refusal, where the client does not hide which users exist.
 */
export async function migrateAtSignIn(
  deps: PasswordDeps,
  context: SignInContext,
  attempt: PasswordAttempt,
): Promise<Candidate | undefined> {
  const { pool, client } = context
  const isMigrated = hasTrigger(pool, 'UserMigration')
  if (!isMigrated && !deps.formerPools.isAsked(pool)) return undefined
  const sub = decoySub(deps.secrets, pool, attempt.username, deps.clock.now())
  let refusal: Error | undefined
  const outcome = await guardSpellings(deps, pool, attempt.username, async () => {
    if (!isMigrated) return findOrBring(deps, context, attempt)
    try {
      const user = await findOrMigrate(deps, context, attempt)
      return user === undefined ? { proven: false } : { proven: true, value: user }
    } catch (error) {
      if (!isMigrationRefusal(error)) throw error
      refusal = error
      return { proven: false }
    }
  })
  if (outcome.proven) return { sub: outcome.value.sub, user: outcome.value }
  if (hidesUserExistence(client)) return { sub, user: undefined, isPasswordRefused: true }
  if (refusal !== undefined) throw refusal
  if (!isMigrated) throw wrongPassword()
  return undefined
}

/** Looks for the user once more: an earlier attempt, for which this one waited, may have migrated the user. */
async function findOrMigrate(
  deps: PasswordDeps,
  { pool, client, caller, validationData, audit }: SignInContext,
  { username, password }: PasswordAttempt,
): Promise<User | undefined> {
  const known = await findVisibleUser(deps.db, { pool, client }, username, deps.clock.now())
  return known ?? migrateUser(deps, { pool, client }, { username, password, validationData, callerContext: caller, audit })
}

/** The same for the former pool. A user who came meanwhile has the password checked by the caller. */
async function findOrBring(deps: PasswordDeps, context: SignInContext, attempt: PasswordAttempt): Promise<ProofOutcome<User>> {
  const known = await findVisibleUser(deps.db, context, attempt.username, deps.clock.now())
  if (known !== undefined) return { proven: true, value: known }
  return usernameShape.test(attempt.username) ? bringAtSignIn(deps, context, attempt) : { proven: false }
}

/**
 * Counts an attempt twice: for the name as it was typed (as for a user), and for the name without case and accents. Otherwise each spelling
 * would have a count of its own, although the system behind the UserMigration trigger may ignore case or accents.
 */
async function guardSpellings(
  { lockout, secrets, clock }: PasswordDeps,
  pool: Pool,
  username: string,
  prove: () => Promise<ProofOutcome<User>>,
): Promise<ProofOutcome<User>> {
  const now = clock.now()
  const typed = decoySub(secrets, pool, username, now)
  const folded = decoySub(secrets, pool, withoutSpelling(username), now)
  if (folded === typed) return lockout.guard(pool.id, typed, now, prove)
  return lockout.guard(pool.id, typed, now, () => lockout.guard(pool.id, folded, now, prove))
}

/** Folds case and accents like the default collation of databases (MySQL's `utf8mb4_0900_ai_ci`): `Straße` becomes `strasse`. */
function withoutSpelling(name: string): string {
  const bare = name.normalize('NFKD').replace(/[\u0300-\u036f]/g, '')
  return bare.toUpperCase().toLowerCase()
}
