import { type AppClient, hidesUserExistence } from '../../../pools/app-client.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { Lockout, ProofOutcome } from '../../../protection/lockout.ts'
import { hasTrigger } from '../../../triggers/trigger.ts'
import { decoySub } from '../../../users/decoy.ts'
import { findActiveUser } from '../../../users/expired-sign-ups/expired-sign-ups.ts'
import { isMigrationRefusal, type MigrationDeps, migrateUser } from '../../../users/migration/migrate-user.ts'
import type { User } from '../../../users/user.ts'
import type { Candidate } from '../../candidate.ts'
import type { Visit } from '../../sign-in.ts'

export type SignInMigrationDeps = MigrationDeps & { readonly lockout: Lockout }

type Attempt = { readonly username: string; readonly password: string; readonly visit: Pick<Visit, 'caller' | 'validationData'> }

/**
 * Asks the pool's own code about somebody unknown who brings a password. It counts as an attempt at that password, by the same limits as
 * for users: nobody shall try them out on another system through this one. Undefined when there is nobody to ask, or nobody is known;
 * where the client hides that, a candidate whose password has been refused.
 */
export async function migrateAtSignIn(
  deps: SignInMigrationDeps,
  pool: Pool,
  client: AppClient,
  attempt: Attempt,
): Promise<Candidate | undefined> {
  if (!hasTrigger(pool, 'UserMigration')) return undefined
  const subject = decoySub(deps.secrets, pool, attempt.username, deps.clock.now())
  let problem: Error | undefined
  const outcome = await guardSpellings(deps, pool, attempt.username, async () => {
    try {
      const user = await findOrMigrate(deps, pool, attempt)
      return user === undefined ? { proven: false } : { proven: true, value: user }
    } catch (error) {
      if (!isMigrationRefusal(error)) throw error
      problem = error
      return { proven: false }
    }
  })
  if (outcome.proven) return { sub: outcome.value.sub, user: outcome.value }
  if (hidesUserExistence(client)) return { sub: subject, user: undefined, isRefused: true }
  if (problem !== undefined) throw problem
  return undefined
}

/** Somebody may have come over while this attempt waited for the one before it. */
async function findOrMigrate(deps: SignInMigrationDeps, pool: Pool, { username, password, visit }: Attempt): Promise<User | undefined> {
  const { caller, validationData } = visit
  const known = await findActiveUser(deps.db, pool, username, deps.clock.now())
  return known ?? migrateUser(deps, pool, { username, password, validationData, callerContext: caller })
}

/**
 * Counts for the name as it was typed, as it would for a user, and for the same name in any spelling: the other system may not care for
 * case or accents, and would be asked anew for each.
 */
async function guardSpellings(
  { lockout, secrets, clock }: SignInMigrationDeps,
  pool: Pool,
  username: string,
  prove: () => Promise<ProofOutcome<User>>,
): Promise<ProofOutcome<User>> {
  const now = clock.now()
  const subjectOf = (name: string) => decoySub(secrets, pool, name, now)
  const typed = subjectOf(username)
  const folded = subjectOf(withoutSpelling(username))
  if (folded === typed) return lockout.guard(pool.id, typed, now, prove)
  return lockout.guard(pool.id, typed, now, () => lockout.guard(pool.id, folded, now, prove))
}

/** As the collations compare that databases have unless they are told otherwise (MySQL's `utf8mb4_0900_ai_ci`): `Straße` is `strasse`. */
function withoutSpelling(name: string): string {
  const bare = name.normalize('NFKD').replace(/[\u0300-\u036f]/g, '')
  return bare.toUpperCase().toLowerCase()
}
