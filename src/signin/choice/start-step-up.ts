import { ApiError } from '../../contract/api-error.ts'
import { canContinue, chooseGoal, firstsToward } from '../assurance/goal.ts'
import type { StepUpRequest } from '../assurance/step-up.ts'
import type { Verdict } from '../factor.ts'
import type { Choices, Chooser } from './choices.ts'

type Found = { readonly chooser: Chooser; readonly choices: Choices }

/**
 * A sign-in to a level of assurance: what the access token vouches for may be enough, or a beginning; otherwise the user begins with what
 * leads there. Throws NotAuthorizedException for a token of somebody else, and for levels that are all beyond the user.
 */
export function startStepUp({ chooser, choices }: Found, { levels, credit }: StepUpRequest): Verdict | Found {
  if (credit !== undefined && credit.sub !== chooser.sub) {
    throw new ApiError('NotAuthorizedException', 'The access token is not of this user.')
  }
  const proofs = credit?.proofs ?? []
  const abilities = { firsts: choices.available, seconds: choices.seconds }
  const goal = chooseGoal(levels, proofs, abilities)
  if (goal === undefined) throw new ApiError('NotAuthorizedException', 'The user cannot reach the requested level of assurance.')
  if (credit !== undefined && chooser.user !== undefined && canContinue(goal, proofs, abilities)) {
    return { kind: 'proven', proof: { user: chooser.user, proofs, consumes: undefined, stepUp: { goal, since: credit.since } } }
  }
  return { chooser: { ...chooser, stepUp: { goal } }, choices: { ...choices, available: firstsToward(goal, abilities) } }
}
