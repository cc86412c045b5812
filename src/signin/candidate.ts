import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import { type AppClient, hidesUserExistence } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { Db } from '../storage/db.ts'
import { decoySub } from '../users/decoy.ts'
import { findActiveUser } from '../users/expired-sign-ups/expired-sign-ups.ts'
import type { User } from '../users/user.ts'
import { findUser } from '../users/user-repository.ts'
import { invalidSession } from './sign-in-state.ts'
import { WrongProof } from './wrong-proof.ts'

/** Whoever claims a name at the start of a sign-in: a user, or a decoy that no proof will ever fit. */
export type Candidate = {
  readonly sub: string
  readonly user: User | undefined
  /** Whether the password has been refused by another system already, and the attempt counted. */
  readonly isRefused?: boolean
}

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets }

/**
 * Throws UserNotFoundException unless the client hides who exists; then strangers get a decoy, which costs and counts like a user.
 * A disabled user is told so before any proof, as at Cognito. `migrate` is the last chance of somebody unknown.
 */
export async function findCandidate(
  { db, clock, secrets }: Deps,
  pool: Pool,
  client: AppClient,
  name: string,
  migrate?: () => Promise<Candidate | undefined>,
): Promise<Candidate> {
  const user = await findActiveUser(db, pool, name, clock.now())
  // For users as well: it takes a moment.
  const decoy = hidesUserExistence(client) ? decoySub(secrets, pool, name, clock.now()) : undefined
  if (user !== undefined) {
    requireEnabled(user)
    return { sub: user.sub, user }
  }
  const learned = await migrate?.()
  if (learned !== undefined) return learned
  if (decoy === undefined) throw new ApiError('UserNotFoundException', 'User does not exist.')
  return { sub: decoy, user: undefined }
}

/**
 * The user a state was sealed for, as they are now; undefined for a decoy and for a user deleted meanwhile. `name` is what the answer
 * calls the user, by any of their names: some clients send back what was typed, others what the challenge told them. Throws
 * NotAuthorizedException when it is somebody else's.
 */
export async function findAgain(deps: Deps, pool: Pool, sub: string, name: string): Promise<User | undefined> {
  const user = await findUser(deps.db, pool.id, sub)
  if (name !== user?.username && name !== sub && (await subOf(deps, pool, name)) !== sub) throw invalidSession()
  if (user !== undefined) requireEnabled(user)
  return user
}

/** The `sub` of the user who is called so, or of the decoy. */
export async function subOf({ db, clock, secrets }: Deps, pool: Pool, name: string): Promise<string> {
  const now = clock.now()
  return (await findActiveUser(db, pool, name, now))?.sub ?? decoySub(secrets, pool, name, now)
}

export function requireEnabled(user: User): void {
  if (!user.enabled) throw new ApiError('NotAuthorizedException', 'User is disabled.')
}

/**
 * A user who must choose a new password cannot prove the old one. One who never had a password here (an import) is not told apart
 * from a stranger by a client that hides who exists.
 */
export function requireNotReset(client: AppClient, user: User): void {
  if (user.status !== 'RESET_REQUIRED' || (user.password === null && hidesUserExistence(client))) return
  throw resetRequired()
}

/**
 * Throws UserNotConfirmedException before any password is looked at. Where the client hides who exists, it
 * is thrown after the right password only (see `requireReady`).
 */
export function requireConfirmed(client: AppClient, user: User): void {
  if (user.status === 'UNCONFIRMED' && !hidesUserExistence(client)) throw unconfirmed()
}

/** Throws for whoever may not have tokens yet, whatever they have proven and whichever function would let them in. */
export function requireReady({ status }: User): void {
  if (status === 'UNCONFIRMED') throw unconfirmed()
  if (status === 'RESET_REQUIRED') throw resetRequired()
}

const resetRequired = () => new ApiError('PasswordResetRequiredException', 'Password reset required for the user')

export const unconfirmed = () => new ApiError('UserNotConfirmedException', 'User is not confirmed.')

export const wrongPassword = () => new WrongProof('NotAuthorizedException', 'Incorrect username or password.')

/** A temporary password dies after the days that the pool's policy gives it. */
export function requireUnexpiredPassword(user: User, now: number): void {
  if (user.passwordExpiresAt === null || user.passwordExpiresAt > now) return
  throw new ApiError('NotAuthorizedException', 'Temporary password has expired and must be reset by an administrator.')
}
