import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { isStateConsumed } from '../storage/consumed-state-repository.ts'
import type { Db } from '../storage/db.ts'
import { securityStampOf } from '../users/security-stamp.ts'
import type { User } from '../users/user.ts'
import { findUserOfState, requireNotReset } from './candidate.ts'
import type { ChallengeAnswer } from './factor.ts'
import { requireParameter } from './parameters.ts'
import type { ChallengeName, SignIn, SignInContext } from './sign-in.ts'
import { invalidSession, usedSession } from './sign-in-errors.ts'
import { newState, requireState, type SignInState } from './sign-in-state.ts'

export type LaterStepDeps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets }

/** The state of a step after the first factor. It is valid only until the user's security stamp changes: see `isStampCurrent`. */
export type LaterStep<Memory> = SignInState<Memory>

/** The state of a challenge to a user who has proven something already. */
export function newLaterStep<Memory>(
  { context, user, progress }: Pick<SignIn, 'user' | 'progress'> & { readonly context: Pick<SignInContext, 'client'> },
  { challenge, memory, now }: { readonly challenge: ChallengeName; readonly memory: Memory; readonly now: number },
): LaterStep<Memory> {
  return newState(context.client, user.sub, { challenge, progress, memory, securityStamp: securityStampOf(user) }, now)
}

/**
 * The step that an answer belongs to, and the sign-in, with the user as stored now.
 *
 * @throws ApiError NotAuthorizedException when the state is another user's, expired or used, when the user is disabled or deleted, and when
 * the security stamp has changed since the challenge.
 */
export async function openLaterStep<Memory>(
  deps: LaterStepDeps,
  answer: ChallengeAnswer,
  challenge: ChallengeName,
): Promise<{ readonly step: LaterStep<Memory>; readonly signIn: SignIn }> {
  const { context, responses } = answer
  const step = requireState<Memory>(answer, challenge, deps.clock.now())
  const user = await findUserOfState(deps, context.pool, step.sub, requireParameter(responses, 'USERNAME'))
  if (user !== undefined) requireNotReset(context.client, user)
  if (user === undefined || !isStampCurrent(step, user)) throw (await isStateConsumed(deps.db, step.id)) ? usedSession() : invalidSession()
  return { step, signIn: { context, user, progress: step.progress } }
}

/** False when the password changed or the user signed out everywhere since the challenge, and when an administrator reset the password. */
export function isStampCurrent(step: LaterStep<unknown>, user: User): boolean {
  return user.status !== 'RESET_REQUIRED' && securityStampOf(user) === step.securityStamp
}
