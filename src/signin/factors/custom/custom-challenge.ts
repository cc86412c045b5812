import { randomBytes } from 'node:crypto'
import { ApiError } from '../../../contract/api-error.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import { consumeState, isStateConsumed } from '../../../storage/consumed-state-repository.ts'
import { invokeCreateAuthChallenge } from '../../../triggers/create-auth-challenge.ts'
import { hasTrigger, type Texts, type Triggers } from '../../../triggers/trigger.ts'
import { invokeVerifyAuthChallengeResponse } from '../../../triggers/verify-auth-challenge-response.ts'
import { securityStampOf } from '../../../users/security-stamp.ts'
import { findUserOfState, requireNotReset } from '../../candidate.ts'
import type { ChallengeAnswer, Factor, NewChallenge } from '../../factor.ts'
import type { LaterStepDeps } from '../../later-step.ts'
import { requireParameter } from '../../parameters.ts'
import { sealState } from '../../sealed-state.ts'
import { invalidSession, usedSession } from '../../sign-in-errors.ts'
import { newState, requireState, type SignInState } from '../../sign-in-state.ts'
import { decoyIdentity } from '../srp/decoy-identity.ts'
import { limitAnswers } from './custom-answer-limit.ts'
import { type CustomSignIn, challengeFactsOf, customSubjectOf } from './custom-sign-in.ts'

export type CustomDeps = LaterStepDeps & { readonly triggers: Triggers; readonly codeLockout: Lockout }

/**
 * The sign-in state's data for a custom challenge. The data is as long for a decoy as for a user. So the length of the Session does not
 * reveal a decoy.
 */
type Memory = {
  readonly name: string
  readonly privateParameters: Texts
  readonly metadata: string | null
}

const challenge = 'CUSTOM_CHALLENGE'

/**
 * A CUSTOM_CHALLENGE that the function of CreateAuthChallenge makes. Undefined when the function failed and its policy lets the call go on.
 *
 * @throws ApiError when the trigger function refuses, and InvalidParameterException when the pool lacks CreateAuthChallenge or
 * VerifyAuthChallengeResponse.
 */
export async function runCreateAuthChallenge(
  { secrets, clock, triggers }: CustomDeps,
  signIn: CustomSignIn,
): Promise<NewChallenge | undefined> {
  const { context, sub, user, name, progress } = signIn
  const { pool, client } = context
  if (!hasTrigger(pool, 'CreateAuthChallenge') || !hasTrigger(pool, 'VerifyAuthChallengeResponse')) throw notConfigured()
  // A decoy gets random bytes of the same length, so that its Session is as long as a user's.
  const securityStamp = user === undefined ? randomBytes(32).toString('base64url') : securityStampOf(user)
  const facts = challengeFactsOf(signIn)
  const created = await invokeCreateAuthChallenge(triggers, customSubjectOf(signIn), facts, ({ privateParameters, metadata }) => {
    const memory: Memory = { name, privateParameters, metadata }
    return sealState(secrets, newState(client, sub, { challenge, progress, memory, securityStamp }, clock.now()))
  })
  if (created === undefined) return undefined
  const shownName = user?.username ?? decoyIdentity(secrets, pool, { sub, typed: name }).name
  return { name: challenge, parameters: { ...created.publicParameters, USERNAME: shownName }, session: created.session }
}

export const notConfigured = () =>
  new ApiError('InvalidParameterException', 'Custom auth lambda trigger is not configured for the user pool.')

/**
 * CUSTOM_CHALLENGE: VerifyAuthChallengeResponse says whether the answer is right, and then DefineAuthChallenge says which step comes next.
 * The Session is consumed before VerifyAuthChallengeResponse is called. Otherwise, if its function failed or refused a wrong answer with an
 * error, a caller could use one Session for many guesses.
 */
export const customChallenge: Factor<CustomDeps> = {
  challenge,

  async handleAnswer(deps, answer) {
    const { state, signIn } = await openCustomStep(deps, answer)
    const given = requireParameter(answer.responses, 'ANSWER')
    const { pool } = signIn.context
    if (!hasTrigger(pool, 'VerifyAuthChallengeResponse')) throw notConfigured()
    const isPassed = await limitAnswers(deps.codeLockout, { pool, sub: state.sub, now: deps.clock.now() }, async () => {
      if (!(await consumeState(deps.db, state.id, state.expiresAt))) throw usedSession()
      return runVerifyAuthChallengeResponse(deps, signIn, state.memory, given)
    })
    const custom = [...signIn.progress.custom, { name: challenge, isPassed, metadata: state.memory.metadata }]
    return { kind: 'custom', signIn: { ...signIn, progress: { ...signIn.progress, custom } }, clientPublic: undefined }
  },
}

function runVerifyAuthChallengeResponse(
  { triggers }: CustomDeps,
  signIn: CustomSignIn,
  { privateParameters }: Memory,
  answer: string,
): Promise<boolean> {
  const facts = { ...challengeFactsOf(signIn), privateParameters, answer }
  return invokeVerifyAuthChallengeResponse(triggers, customSubjectOf(signIn), facts)
}

/**
 * The sign-in state that an answer belongs to, and the sign-in, with the user as stored now.
 *
 * @throws ApiError NotAuthorizedException when the Session is another user's or expired, and when the user's security stamp has changed.
 */
async function openCustomStep(
  deps: CustomDeps,
  answer: ChallengeAnswer,
): Promise<{ readonly state: SignInState<Memory>; readonly signIn: CustomSignIn }> {
  const { context, responses } = answer
  const state = requireState<Memory>(answer, challenge, deps.clock.now())
  const { name } = state.memory
  const typed = requireParameter(responses, 'USERNAME')
  const found = await findUserOfState(deps, context.pool, state.sub, typed === name ? state.sub : typed)
  // A user who was deleted, or became a user of an identity provider, is a decoy from now on: no trigger function can sign in a decoy.
  const user = found?.status === 'EXTERNAL_PROVIDER' ? undefined : found
  if (user !== undefined && securityStampOf(user) !== state.securityStamp) {
    throw (await isStateConsumed(deps.db, state.id)) ? usedSession() : invalidSession()
  }
  if (user !== undefined) requireNotReset(context.client, user)
  const progress = { ...state.progress, custom: state.progress.custom ?? [] }
  return { state, signIn: { context, sub: state.sub, user, name, progress } }
}
