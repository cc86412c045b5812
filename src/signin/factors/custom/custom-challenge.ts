import { randomBytes } from 'node:crypto'
import { ApiError } from '../../../contract/api-error.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import { consumeState, isStateConsumed } from '../../../storage/consumed-state-repository.ts'
import { invokeCreateAuthChallenge } from '../../../triggers/create-auth-challenge.ts'
import { hasTrigger, type Texts, type Triggers } from '../../../triggers/trigger.ts'
import { invokeVerifyAuthChallengeResponse } from '../../../triggers/verify-auth-challenge-response.ts'
import { securityStampOf } from '../../../users/security-stamp.ts'
import { findAgain, requireNotReset } from '../../candidate.ts'
import type { Answer, Factor, Question, Verdict } from '../../factor.ts'
import type { LaterStepDeps } from '../../later-step.ts'
import { requireParameter } from '../../parameters.ts'
import { invalidSession, newState, requireState, type SignInState, sealState, usedSession } from '../../sign-in-state.ts'
import { decoyIdentity } from '../srp/decoy-identity.ts'
import { type CustomSignIn, factsOf, subjectOfCustom } from './custom-sign-in.ts'
import { judgeAnswer } from './judge-answer.ts'

export type CustomDeps = LaterStepDeps & { readonly triggers: Triggers; readonly codeLockout: Lockout }

/** What the server must know of a challenge that the pool's function made; as long for strangers as for users, and so is the Session. */
type Memory = {
  /** So that a password that changes ends the sign-in. Of somebody who does not exist, nothing that could be compared. */
  readonly standing: string
  readonly name: string
  readonly privateParameters: Texts
  readonly metadata: string | null
}

const challenge = 'CUSTOM_CHALLENGE'

/** Undefined when the function that makes challenges was passed over for its failure. Throws what it refuses with. */
export async function askForCustomChallenge(
  { secrets, clock, triggers }: CustomDeps,
  signIn: CustomSignIn,
  eventId: string | undefined,
): Promise<Question | undefined> {
  const { pool, client, sub, user, name, proofs, results } = signIn
  if (!hasTrigger(pool, 'CreateAuthChallenge') || !hasTrigger(pool, 'VerifyAuthChallengeResponse')) throw notConfigured()
  const standing = user === undefined ? randomBytes(32).toString('base64url') : securityStampOf(user)
  const created = await invokeCreateAuthChallenge(triggers, subjectOfCustom(signIn), factsOf(signIn), ({ privateParameters, metadata }) => {
    const memory: Memory = { standing, name, privateParameters, metadata }
    const state = newState<Memory>(client, sub, { challenge, proofs, memory, eventId, custom: results }, clock.now())
    return sealState(secrets, state)
  })
  if (created === undefined) return undefined
  const shown = user?.username ?? decoyIdentity(secrets, pool, { sub, typed: name }).name
  return { name: challenge, parameters: { ...created.publicParameters, USERNAME: shown }, session: created.session }
}

export const notConfigured = () =>
  new ApiError('InvalidParameterException', 'Custom auth lambda trigger is not configured for the user pool.')

/**
 * CUSTOM_CHALLENGE: the pool's function says whether the answer is right, and another one what follows from that. An answer uses its
 * Session up before anybody looks at it: otherwise a function that fails, or that refuses a wrong answer by an error, could be asked
 * about one guess after another.
 */
export const customChallenge: Factor<CustomDeps> = {
  challenge,

  async answer(deps, answer) {
    const { state, signIn } = await openCustomStep(deps, answer)
    const given = requireParameter(answer.responses, 'ANSWER')
    if (!hasTrigger(answer.pool, 'VerifyAuthChallengeResponse')) throw notConfigured()
    const { privateParameters, metadata } = state.memory
    const facts = { ...factsOf(signIn), privateParameters, answer: given }
    const place = { pool: answer.pool, sub: state.sub, now: deps.clock.now() }
    const isPassed = await judgeAnswer(deps.codeLockout, place, async () => {
      if (!(await consumeState(deps.db, state.id, state.expiresAt))) throw usedSession()
      return invokeVerifyAuthChallengeResponse(deps.triggers, subjectOfCustom(signIn), facts)
    })
    const results = [...signIn.results, { name: challenge, isPassed, metadata }]
    return { kind: 'custom', signIn: { ...signIn, results }, clientPublic: undefined } satisfies Verdict
  },
}

type CustomStep = { readonly state: SignInState<Memory>; readonly signIn: CustomSignIn }

/** Throws NotAuthorizedException when the Session is not the user's, or the user is not any more what they were when it was made. */
async function openCustomStep(deps: CustomDeps, answer: Answer): Promise<CustomStep> {
  const { pool, client, responses, caller } = answer
  const state = requireState<Memory>(answer, challenge, deps.clock.now())
  const { standing, name } = state.memory
  const typed = requireParameter(responses, 'USERNAME')
  const found = await findAgain(deps, pool, state.sub, typed === name ? state.sub : typed)
  // Somebody who is not there any more is nobody from now on: whatever the functions say, that lets no one in.
  const user = found?.status === 'EXTERNAL_PROVIDER' ? undefined : found
  if (user !== undefined && securityStampOf(user) !== standing) {
    throw (await isStateConsumed(deps.db, state.id)) ? usedSession() : invalidSession()
  }
  if (user !== undefined) requireNotReset(client, user)
  const results = state.custom ?? []
  return { state, signIn: { pool, client, sub: state.sub, user, name, proofs: state.proofs, results, caller } }
}
