import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { isStateConsumed } from '../storage/consumed-state-repository.ts'
import type { Db } from '../storage/db.ts'
import { securityStampOf } from '../users/security-stamp.ts'
import type { User } from '../users/user.ts'
import { findAgain, requireNotReset } from './candidate.ts'
import type { Answer } from './factor.ts'
import { requireParameter } from './parameters.ts'
import type { ChallengeName, SignIn } from './sign-in.ts'
import { invalidSession, newState, requireState, type SignInState, usedSession } from './sign-in-state.ts'

export type LaterStepDeps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets }

/** What a step after the first factor rests on: that the proofs before it still hold. */
type Resting<Memory> = { readonly standing: string; readonly own: Memory }

export type LaterStep<Memory> = SignInState<Resting<Memory>>

/** The state of a question to a user who has proven something already. `memory` is what its factor must know again. */
export function newLaterStep<Memory>(
  { client, user, proofs, eventId, stepUp, custom }: Omit<SignIn, 'caller'>,
  { challenge, memory, now }: { challenge: ChallengeName; memory: Memory; now: number },
): LaterStep<Memory> {
  const resting = { standing: securityStampOf(user), own: memory }
  return newState(client, user.sub, { challenge, proofs, memory: resting, eventId, stepUp, custom }, now)
}

/** The sign-in that a step is part of, as it stands before the answer to the step counts. */
export function signInOf({ pool, client, caller }: Answer, user: User, { proofs, eventId, stepUp, custom }: SignInState): SignIn {
  return { pool, client, user, proofs, eventId, stepUp, custom, caller }
}

/**
 * The step an answer belongs to, and its user as they are now. Throws NotAuthorizedException when it is somebody else's or too old, when
 * the user is disabled or gone, and when the password was changed, or the user signed out everywhere, since it was asked.
 */
export async function openLaterStep<Memory>(
  deps: LaterStepDeps,
  answer: Answer,
  challenge: ChallengeName,
): Promise<{ readonly step: LaterStep<Memory>; readonly user: User }> {
  const { pool, client, responses } = answer
  const step = requireState<Resting<Memory>>(answer, challenge, deps.clock.now())
  const user = await findAgain(deps, pool, step.sub, requireParameter(responses, 'USERNAME'))
  if (user !== undefined) requireNotReset(client, user)
  if (user === undefined || !isStampCurrent(step, user)) throw (await isStateConsumed(deps.db, step.id)) ? usedSession() : invalidSession()
  return { step, user }
}

/** Whether the user's password and sign-outs are as they were when the step began, and no administrator has taken the password back. */
export function isStampCurrent(step: LaterStep<unknown>, user: User): boolean {
  return user.status !== 'RESET_REQUIRED' && securityStampOf(user) === step.memory.standing
}
