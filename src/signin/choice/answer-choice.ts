import { ApiError } from '../../contract/api-error.ts'
import { type Candidate, findUserOfState, requireNotReset } from '../candidate.ts'
import type { ChallengeAnswer, Factor, StepOutcome } from '../factor.ts'
import { email } from '../factors/message/message-factor.ts'
import { migrateAtSignIn } from '../factors/password/migrate-at-sign-in.ts'
import { requireVerifiers } from '../factors/srp/require-verifiers.ts'
import { requireParameter } from '../parameters.ts'
import { requireChoiceState } from './choice-state.ts'
import { type Choices, findChoices } from './choices.ts'
import { type ChoiceDeps, createChosenChallenge, proveChoice } from './choose.ts'
import { type FirstFactor, firstFactors, proofParameters } from './first-factor.ts'

/**
 * The factors that take the answers of a choice-based sign-in. An answer comes under the name SELECT_CHALLENGE or under the name of a first
 * factor. Either way it chooses a first factor, and may bring the proof of that factor. Every Session of the sign-in accepts both kinds of
 * answer, so the user can choose again.
 */
export const choiceFactors: readonly Factor<ChoiceDeps>[] = [
  { challenge: 'SELECT_CHALLENGE', handleAnswer: (deps, answer) => answerChoice(deps, answer, undefined) },
  ...firstFactors.map((name) => (name === 'EMAIL_OTP' ? emailOtp() : factorOf(name))),
]

function factorOf(name: FirstFactor): Factor<ChoiceDeps> {
  return { challenge: name, handleAnswer: (deps, answer) => answerChoice(deps, answer, name) }
}

/** EMAIL_OTP is a first factor and a second factor. The challenge of the Session tells which of the two is meant. */
function emailOtp(): Factor<ChoiceDeps> {
  return {
    challenge: 'EMAIL_OTP',
    handleAnswer(deps, answer) {
      const isSecondFactor = answer.state?.challenge !== 'SELECT_CHALLENGE'
      return isSecondFactor ? email.handleAnswer(deps, answer) : answerChoice(deps, answer, 'EMAIL_OTP')
    },
  }
}

/** `named` is the first factor whose name the client gave as the name of the challenge; undefined if the client gave SELECT_CHALLENGE. */
async function answerChoice(deps: ChoiceDeps, answer: ChallengeAnswer, named: FirstFactor | undefined): Promise<StepOutcome> {
  const { responses } = answer
  if ((named ?? responses['ANSWER']) === 'PASSWORD_SRP') requireVerifiers(answer.context.pool)
  const { state, user, signIn, choices } = await resumeChoice(deps, answer)
  const chosen = requireAvailable(choices, named ?? requireParameter(responses, 'ANSWER'))
  const migrated = user === undefined && chosen === 'PASSWORD' ? await migrate(deps, answer, state.memory.name) : undefined
  const choosing = { ...signIn, ...migrated }

  const outcome = await proveChoice(deps, choosing, { choices, chosen, parameters: responses, state })
  if (outcome !== undefined) return outcome
  // The answer brings no proof. If the answer is to the challenge of the factor chosen before, the proof is missing, which is an error.
  // Otherwise the answer only chooses a factor: the challenge of that factor is issued, with a new code if the factor sends codes.
  if (named !== undefined && state.memory.chosen === named) requireParameter(responses, proofParameters[named])
  return { kind: 'challenge', challenge: await createChosenChallenge(deps, choosing, choices, chosen), consumes: state }
}

/**
 * The choice-based sign-in of a Session, with the choices that its user has now.
 *
 * @throws ApiError NotAuthorizedException when the Session is invalid or expired, and when the user is disabled.
 * @throws ApiError PasswordResetRequiredException when the user has to reset the password.
 */
export async function resumeChoice(deps: ChoiceDeps, answer: ChallengeAnswer) {
  const { context, responses } = answer
  const state = requireChoiceState(deps, answer)
  const user = await findUserOfState(deps, context.pool, state.sub, requireParameter(responses, 'USERNAME'))
  if (user !== undefined) requireNotReset(context.client, user)
  const { name } = state.memory
  const found = await findChoices(deps, { context, sub: state.sub, user, name, stepUp: state.progress.stepUp })
  return { ...found, state, user }
}

/** Migrates an unknown user from the system behind the UserMigration trigger, if the answer has a password and that system accepts it. */
async function migrate(deps: ChoiceDeps, { context, responses }: ChallengeAnswer, username: string): Promise<Candidate | undefined> {
  const password = responses[proofParameters.PASSWORD]
  return password ? migrateAtSignIn(deps, context, { username, password }) : undefined
}

/** @throws ApiError InvalidParameterException when the user cannot choose this factor. */
export function requireAvailable({ available }: Choices, chosen: string): FirstFactor {
  const found = available.find((name) => name === chosen)
  if (found === undefined) throw new ApiError('InvalidParameterException', `The challenge must be one of ${available.join(', ')}.`)
  return found
}
