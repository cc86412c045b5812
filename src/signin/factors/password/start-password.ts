import type { AppClient } from '../../../pools/app-client.ts'
import type { Pool } from '../../../pools/pool.ts'
import { upgradeImportedPassword } from '../../../users/passwords/upgrade-password.ts'
import type { User } from '../../../users/user.ts'
import {
  type Candidate,
  findCandidate,
  requireConfirmed,
  requireNotReset,
  requireUnexpiredPassword,
  wrongPassword,
} from '../../candidate.ts'
import type { Verdict } from '../../factor.ts'
import type { ChallengeName, Visit } from '../../sign-in.ts'
import { runPreAuthentication } from '../../trigger-facts.ts'
import { migrateAtSignIn, type SignInMigrationDeps } from './migrate-at-sign-in.ts'

export type PasswordDeps = SignInMigrationDeps

type Attempt = { readonly username: string; readonly password: string; readonly proves: ChallengeName }

/** Name and password in one call: USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH. */
export async function startPassword(deps: PasswordDeps, pool: Pool, client: AppClient, attempt: Attempt, visit: Visit): Promise<Verdict> {
  const migrate = () => migrateAtSignIn(deps, pool, client, { ...attempt, visit })
  const candidate = await findCandidate(deps, pool, client, attempt.username, migrate)
  await runPreAuthentication(deps, { pool, client }, candidate, { name: attempt.username, visit })
  return provePassword(deps, pool, client, candidate, attempt)
}

/** The password of somebody whose claim to the name has been looked at. Throws NotAuthorizedException when it is not theirs. */
export async function provePassword(
  deps: PasswordDeps,
  pool: Pool,
  client: AppClient,
  { sub, user, isRefused }: Candidate,
  { username, password, proves }: Attempt,
): Promise<Extract<Verdict, { kind: 'proven' }>> {
  if (user !== undefined) {
    requireNotReset(client, user)
    requireConfirmed(client, user)
  }
  if (isRefused) throw wrongPassword()

  const outcome = await deps.lockout.guard<User>(pool.id, sub, deps.clock.now(), async () => {
    const owner = user ?? { poolId: pool.id, sub, username }
    const matches = await deps.passwords.matches(owner, user?.password, password)
    return matches && user !== undefined ? { proven: true, value: user } : { proven: false }
  })
  if (!outcome.proven) throw wrongPassword()
  requireUnexpiredPassword(outcome.value, deps.clock.now())
  const proven = await upgradeImportedPassword(deps.db, deps.passwords, outcome.value, password)
  return { kind: 'proven', proof: { user: proven, proofs: [proves], consumes: undefined } }
}
