import { ApiError } from '../../contract/api-error.ts'
import type { AssuranceLevel } from '../../tokens/assurance.ts'
import { canContinue, chooseGoal, firstsToward } from '../assurance/goal.ts'
import { readStepUp, type StepUpRequest } from '../assurance/step-up.ts'
import { findCandidate, requireNotReset } from '../candidate.ts'
import type { ProvenStep, StepOutcome } from '../factor.ts'
import { migrateAtSignIn } from '../factors/password/migrate-at-sign-in.ts'
import { requireVerifiers } from '../factors/srp/require-verifiers.ts'
import type { RequestParameters } from '../parameters.ts'
import { noProgress, type SignInContext } from '../sign-in.ts'
import { runPreAuthentication } from '../sign-in-triggers.ts'
import { proveSignUp } from './after-sign-up.ts'
import { type ChoiceSignIn, type Choices, findChoices } from './choices.ts'
import { type ChoiceDeps, createChosenChallenge, createSelectChallenge, proveChoice } from './choose.ts'
import { firstFactors } from './first-factor.ts'

type ChoiceRequest = {
  readonly username: string
  readonly parameters: RequestParameters
  /** The Session that a new user got from SignUp or ConfirmSignUp. */
  readonly session: string | undefined
  /** The levels of assurance that the app of a page asks for, the preferred one first. A user who can reach none signs in without them. */
  readonly levels?: readonly AssuranceLevel[] | undefined
}

/**
 * USER_AUTH: begins with the first factor that the client prefers, if the user can use it, or else lets the user choose.
 *
 * @throws ApiError InvalidParameterException when the preferred challenge is not a first factor.
 * @throws ApiError as `readStepUp` and `startStepUp` do.
 */
export async function startChoice(
  deps: ChoiceDeps,
  context: SignInContext,
  { username, parameters, session, levels = [] }: ChoiceRequest,
): Promise<StepOutcome> {
  const { pool, client } = context
  const preferred = readPreference(parameters['PREFERRED_CHALLENGE'])
  if (preferred === 'PASSWORD_SRP') requireVerifiers(pool)
  const password = preferred === 'PASSWORD' && pool.allowedFirstFactors.includes('PASSWORD') ? parameters['PASSWORD'] : undefined
  const migrate = password ? () => migrateAtSignIn(deps, context, { username, password }) : undefined
  const candidate = await findCandidate(deps, context, username, migrate)
  await runPreAuthentication(deps, context, candidate, username)
  if (candidate.user !== undefined) requireNotReset(client, candidate.user)
  const signedUp = session === undefined ? undefined : await proveSignUp(deps, client, candidate, session)
  if (signedUp !== undefined) return signedUp

  const stepUp = await readStepUp(deps, pool, parameters)
  const found = await findChoices(deps, { ...candidate, context, name: username, stepUp: undefined })
  const started = stepUp === undefined ? towardLevels(found, levels) : startStepUp(found, stepUp)
  if ('kind' in started) return started
  const { signIn, choices } = started
  const chosen = choices.available.find((name) => name === preferred)
  if (chosen === undefined) return { kind: 'challenge', challenge: createSelectChallenge(deps, signIn, choices), consumes: undefined }
  const outcome = await proveChoice(deps, signIn, { choices, chosen, parameters, state: undefined })
  return outcome ?? { kind: 'challenge', challenge: await createChosenChallenge(deps, signIn, choices, chosen), consumes: undefined }
}

function readPreference(preferred: string | undefined): string | undefined {
  if (!preferred || firstFactors.some((name) => name === preferred)) return preferred
  throw new ApiError('InvalidParameterException', `PREFERRED_CHALLENGE must be one of ${firstFactors.join(', ')}.`)
}

type FoundChoices = { readonly signIn: ChoiceSignIn; readonly choices: Choices }

/**
 * Begins a sign-in that has to reach a level of assurance. The proofs that the access token vouches for count if they reach the level, or
 * need only one more proof. Otherwise the user begins with a first factor that leads to the level.
 *
 * @throws ApiError NotAuthorizedException when the access token is another user's, and when the user can reach none of the levels.
 */
function startStepUp({ signIn, choices }: FoundChoices, { levels, earlier }: StepUpRequest): ProvenStep | FoundChoices {
  if (earlier !== undefined && earlier.sub !== signIn.sub) {
    throw new ApiError('NotAuthorizedException', 'The access token is not of this user.')
  }
  const proofs = earlier?.proofs ?? []
  const abilities = { firsts: choices.available, seconds: choices.seconds }
  const goal = chooseGoal(levels, proofs, abilities)
  if (goal === undefined) throw new ApiError('NotAuthorizedException', 'The user cannot reach the requested level of assurance.')
  if (earlier !== undefined && signIn.user !== undefined && canContinue(goal, proofs, abilities)) {
    const progress = { ...noProgress, proofs, stepUp: { goal, since: earlier.since } }
    return { kind: 'proven', user: signIn.user, progress, consumes: undefined }
  }
  return towardGoal({ signIn, choices }, goal)
}

/** Leaves out the first factors that lead to none of the levels, if the user can reach one of them. */
function towardLevels(found: FoundChoices, levels: readonly AssuranceLevel[]): FoundChoices {
  const { available, seconds } = found.choices
  const goal = chooseGoal(levels, [], { firsts: available, seconds })
  return goal === undefined ? found : towardGoal(found, goal)
}

function towardGoal({ signIn, choices }: FoundChoices, goal: AssuranceLevel): FoundChoices {
  const available = firstsToward(goal, { firsts: choices.available, seconds: choices.seconds })
  return { signIn: { ...signIn, stepUp: { goal } }, choices: { ...choices, available } }
}
