import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import { type AppClient, hidesUserExistence } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { Db } from '../storage/db.ts'
import { decoySub } from '../users/decoy.ts'
import { findActiveUser, findVisibleUser } from '../users/expired-sign-ups/expired-sign-ups.ts'
import { atFormerPool } from '../users/passwords/at-former-pool.ts'
import { verifierNameOf } from '../users/passwords/verifier-name.ts'
import type { User } from '../users/user.ts'
import { findUser } from '../users/user-repository.ts'
import { isFormerUsername } from '../users/usernames/former-username-repository.ts'
import type { PoolAndClient } from './sign-in.ts'
import { invalidSession, resetRequired, unconfirmed } from './sign-in-errors.ts'

/** The user that a sign-in names, before any proof. A candidate without a `user` is a decoy, for which no answer is ever right. */
export type Candidate = {
  readonly sub: string
  readonly user: User | undefined
  /**
   * Whether the system behind the UserMigration trigger has refused the password. If so, the attempt is already counted as a wrong
   * password, and must not be counted again.
   */
  readonly isPasswordRefused?: boolean
}

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets }

/**
 * Finds the user whose name is `name`. Where the client hides which users exist, an unknown name gets a decoy: a sign-in takes as long with
 * the decoy as with a user, and wrong answers are counted in the same way. `migrate` (the UserMigration trigger) runs last, for unknown
 * names only. A disabled user is refused before any proof, as at Cognito. Where sign-ups are hidden, a name whose user has not confirmed the
 * sign-up counts as unknown: so a sign-up changes nothing here.
 *
 * @throws ApiError UserNotFoundException when no user has the name and the client does not hide that.
 * @throws ApiError NotAuthorizedException when the user is disabled.
 */
export async function findCandidate(
  { db, clock, secrets }: Deps,
  { pool, client }: PoolAndClient,
  name: string,
  migrate?: () => Promise<Candidate | undefined>,
): Promise<Candidate> {
  const user = await findVisibleUser(db, { pool, client }, name, clock.now())
  // The decoy's `sub` is computed for existing users as well: otherwise the time that this takes would reveal which users exist.
  const decoy = hidesUserExistence(client) ? decoySub(secrets, pool, name, clock.now()) : undefined
  if (user !== undefined) {
    requireEnabled(user)
    return { sub: user.sub, user }
  }
  const migrated = await migrate?.()
  if (migrated !== undefined) return migrated
  if (decoy === undefined) throw new ApiError('UserNotFoundException', 'User does not exist.')
  return { sub: decoy, user: undefined }
}

/**
 * Reads again the user that a sign-in state was sealed for. Undefined for a decoy, and for a user who was deleted since then. `name` is the
 * USERNAME of the answer, which may be any name of the user: some clients send what the user typed, others the name in the challenge. It may
 * also be a former username: the username may have changed since the challenge, and some clients send USER_ID_FOR_SRP. The decoy of a name
 * stays a decoy if a user gets the name meanwhile.
 *
 * @throws ApiError NotAuthorizedException when the name is another user's, or the user is disabled.
 */
export async function findUserOfState(deps: Deps, pool: Pool, sub: string, name: string): Promise<User | undefined> {
  const user = await findUser(deps.db, pool.id, sub)
  if (!(await isNameOf(deps, pool, { sub, user }, name))) throw invalidSession()
  if (user !== undefined) requireEnabled(user)
  return user
}

/** Whether the name is one of the user's, a former one included, or that of the decoy, if there is no user. */
export async function isNameOf({ db, clock, secrets }: Deps, pool: Pool, { sub, user }: Candidate, name: string): Promise<boolean> {
  if (name === sub || (user !== undefined && (name === user.username || name === verifierNameOf(user)))) return true
  const now = clock.now()
  const found = await findActiveUser(db, pool, name, now)
  if (found?.sub === sub || decoySub(secrets, pool, name, now) === sub) return true
  return user !== undefined && (await isFormerUsername(db, pool, user, name))
}

/** @throws ApiError NotAuthorizedException when the user is disabled. */
export function requireEnabled(user: User): void {
  if (!user.enabled) throw new ApiError('NotAuthorizedException', 'User is disabled.')
}

/** The password may still be at the former pool. */
const hasNoPassword = ({ password }: User): boolean => password === null || password === atFormerPool

/**
 * Refuses a user who has to reset the password: the old password no longer works. Exception: where the client hides which users exist, a
 * user who never had a password here (from an import) is let through. An unknown name does not get this refusal, so the refusal would
 * reveal the user.
 *
 * @throws ApiError PasswordResetRequiredException
 */
export function requireNotReset(client: AppClient, user: User): void {
  if (user.status !== 'RESET_REQUIRED' || (hasNoPassword(user) && hidesUserExistence(client))) return
  throw resetRequired()
}

/**
 * Refuses an unconfirmed user before the password is checked. Where the client hides which users exist, this function does nothing:
 * `requireReady` refuses the user after the right password.
 *
 * @throws ApiError UserNotConfirmedException
 */
export function requireConfirmed(client: AppClient, user: User): void {
  if (user.status === 'UNCONFIRMED' && !hidesUserExistence(client)) throw unconfirmed()
}

/**
 * Refuses users who may not have tokens yet, whatever they have proven and whatever a trigger function decided.
 *
 * @throws ApiError UserNotConfirmedException, PasswordResetRequiredException
 */
export function requireReady({ status }: User): void {
  if (status === 'UNCONFIRMED') throw unconfirmed()
  if (status === 'RESET_REQUIRED') throw resetRequired()
}

/**
 * Refuses a temporary password that has expired. How many days it is valid is part of the pool's password policy.
 *
 * @throws ApiError NotAuthorizedException when the password has expired.
 */
export function requireUnexpiredPassword(user: User, now: number): void {
  if (user.passwordExpiresAt === null || user.passwordExpiresAt > now) return
  throw new ApiError('NotAuthorizedException', 'Temporary password has expired and must be reset by an administrator.')
}
