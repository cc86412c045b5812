import { upgradePassword } from '../../../users/passwords/upgrade-password.ts'
import { type Candidate, findCandidate, requireConfirmed, requireNotReset, requireUnexpiredPassword } from '../../candidate.ts'
import type { StepOutcome } from '../../factor.ts'
import { noProgress, type SignInContext, type SignInProgress, withProof } from '../../sign-in.ts'
import { wrongPassword } from '../../sign-in-errors.ts'
import { runPreAuthentication } from '../../sign-in-triggers.ts'
import { createFormerAppChallenge } from '../totp/former-app.ts'
import { type KnownUser, proveAtFormerPool } from './ask-former-pool.ts'
import { migrateAtSignIn, type PasswordAttempt, type PasswordDeps } from './migrate-at-sign-in.ts'
import { screenPassword } from './screen-password.ts'

/** Name and password in one call: USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH. */
export async function startPassword(deps: PasswordDeps, context: SignInContext, attempt: PasswordAttempt): Promise<StepOutcome> {
  const migrate = () => migrateAtSignIn(deps, context, attempt)
  const candidate = await findCandidate(deps, context, attempt.username, migrate)
  await runPreAuthentication(deps, context, candidate, attempt.username)
  return provePassword(deps, context, candidate, attempt)
}

/**
 * Checks the password of a candidate. A challenge follows when the former pool asks for an authenticator app that only it knows.
 *
 * @throws ApiError NotAuthorizedException when the password is wrong or has expired, or the user is locked.
 * @throws ApiError PasswordResetRequiredException, UserNotConfirmedException before the password is checked.
 * @throws ApiError as `screenPassword` does, after the password was right.
 */
export async function provePassword(
  deps: PasswordDeps,
  context: SignInContext,
  { sub, user, isPasswordRefused }: Candidate,
  { username, password }: PasswordAttempt,
  before: SignInProgress = noProgress,
): Promise<Exclude<StepOutcome, { kind: 'custom' }>> {
  const { pool, client } = context
  if (user !== undefined) {
    requireNotReset(client, user)
    requireConfirmed(client, user)
  }
  if (isPasswordRefused) throw wrongPassword()

  const outcome = await deps.lockout.guard<KnownUser>(pool.id, sub, deps.clock.now(), async () => {
    const asked = user && (await proveAtFormerPool(deps, context, user, password))
    if (asked !== undefined && 'proven' in asked) return asked
    const known = asked?.changed ?? user
    const owner = known ?? { poolId: pool.id, sub, username }
    const matches = await deps.passwords.matches(pool, owner, known?.password, password)
    return matches && known !== undefined ? { proven: true, value: { user: known } } : { proven: false }
  })
  if (!outcome.proven) throw wrongPassword()
  const { user: known, question } = outcome.value
  const passed = withProof(before, 'PASSWORD')
  if (question !== undefined) {
    const challenge = createFormerAppChallenge(deps, { context, user: known, progress: passed }, question)
    return { kind: 'challenge', challenge, consumes: undefined }
  }
  requireUnexpiredPassword(known, deps.clock.now())
  const proven = await upgradePassword(deps, pool, known, password)
  const progress = await screenPassword(deps, { context, user: proven, progress: passed }, password)
  return { kind: 'proven', user: proven, progress, consumes: undefined }
}
