import type { Clock } from '../../../base/clock.ts'
import { ApiError } from '../../../contract/api-error.ts'
import { type AppClient, hidesUserExistence } from '../../../pools/app-client.ts'
import type { ProofOutcome } from '../../../protection/lockout.ts'
import type { Db } from '../../../storage/db.ts'
import { bringUser } from '../../../users/former-pool/bring-user.ts'
import type { FormerAnswer } from '../../../users/former-pool/former-answer.ts'
import type { FormerPools, FormerQuestion } from '../../../users/former-pool/former-pools.ts'
import { takePassword } from '../../../users/former-pool/take-password.ts'
import { atFormerPool } from '../../../users/passwords/at-former-pool.ts'
import type { Passwords } from '../../../users/passwords/passwords.ts'
import type { User } from '../../../users/user.ts'
import { findUser } from '../../../users/user-repository.ts'
import type { SignInContext } from '../../sign-in.ts'
import { formerPoolSilent, resetRequired, unconfirmed, wrongPassword } from '../../sign-in-errors.ts'
import { findFormerQuestion } from '../totp/former-app.ts'

/** A user whose password is right. `question`: what the former pool asks next, if the user has to answer it here. */
export type KnownUser = { readonly user: User; readonly question?: FormerQuestion | undefined }

export type FormerPoolDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly passwords: Passwords
  readonly formerPools: FormerPools
}

/**
 * Asks the former pool for the password of a user whose password is still there, and takes it when it is right. The caller runs this under
 * the lockout, so that nobody can guess through this server more than here. Undefined when the password is no longer there: then the stored
 * one has to be checked.
 *
 * @throws ApiError when the former pool says nothing about the password. Such an attempt does not count against the user.
 */
export async function proveAtFormerPool(
  deps: FormerPoolDeps,
  { pool, client }: SignInContext,
  user: User,
  password: string,
): Promise<ProofOutcome<KnownUser> | { readonly changed: User } | undefined> {
  if (user.password !== atFormerPool || user.status === 'RESET_REQUIRED' || !deps.formerPools.isAsked(pool)) return undefined
  // An earlier attempt, for which this one waited, may have taken the password.
  const current = await findUser(deps.db, pool.id, user.sub)
  if (current?.password !== atFormerPool) return current && { changed: current }
  // By the `sub`: the former pool may have another user of this name by now.
  const answer = await deps.formerPools.checkPassword(pool, current.sub, password)
  if (answer.kind !== 'right') return refuse(client, answer)
  const question = await findFormerQuestion(deps, pool, current, answer)
  if (question !== undefined) return { proven: true, value: { user: current, question } }
  const taken = await takePassword(deps, pool, current, { password, challenge: answer.challenge })
  if (taken !== undefined) return { proven: true, value: { user: requireNoReset(taken) } }
  const changed = await findUser(deps.db, pool.id, user.sub)
  return changed && { changed }
}

/**
 * Asks the former pool for a user whom nobody knows here, and brings the user over when the password is right.
 * @throws ApiError when the former pool says nothing about the password
 */
export async function bringAtSignIn(
  deps: FormerPoolDeps,
  { pool, client }: SignInContext,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<ProofOutcome<User>> {
  const answer = await deps.formerPools.checkPassword(pool, username, password)
  if (answer.kind === 'unknown' && !hidesUserExistence(client)) throw new ApiError('UserNotFoundException', 'User does not exist.')
  if (answer.kind !== 'right') return refuse(client, answer)
  const shown = await deps.formerPools.findUser(pool, username, answer.accessToken)
  const brought = shown && (await bringUser(deps, { pool, client }, shown, username))
  if (brought === undefined) return { proven: false }
  // The caller asks the former pool for this password again, and gets a question that is still open.
  if ((await findFormerQuestion(deps, pool, brought, answer)) !== undefined) return { proven: true, value: brought }
  const taken = await takePassword(deps, pool, brought, { password, challenge: answer.challenge })
  return { proven: true, value: requireNoReset(taken ?? brought) }
}

/** @throws ApiError PasswordResetRequiredException when the second factor of the former pool cannot be asked for here */
function requireNoReset(user: User): User {
  if (user.status === 'RESET_REQUIRED') throw resetRequired()
  return user
}

/**
 * What a sign-in makes of an answer that is no success. Where the client hides which users exist, all answers about a user look like a wrong
 * password, and an unknown name counts like one: otherwise only the names of users would be locked.
 */
function refuse(client: AppClient, answer: Exclude<FormerAnswer, { kind: 'right' }>): { readonly proven: false } {
  const hides = hidesUserExistence(client)
  switch (answer.kind) {
    case 'wrong':
      return { proven: false }
    case 'unknown':
      if (hides) return { proven: false }
      throw wrongPassword()
    case 'reset':
      if (hides) return { proven: false }
      throw resetRequired()
    case 'unconfirmed':
      if (hides) return { proven: false }
      throw unconfirmed()
    case 'expired':
    case 'failed':
      throw formerPoolSilent()
  }
}
