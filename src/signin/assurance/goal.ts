import type { MfaMethod } from '../../pools/pool.ts'
import type { AssuranceLevel } from '../../tokens/assurance.ts'
import type { ChoiceName } from '../choice/choices.ts'
import type { ChallengeName } from '../sign-in.ts'
import { levelReached } from './methods.ts'

/** What a user could prove: to begin with, and after that. */
export type Abilities = { readonly firsts: readonly ChoiceName[]; readonly seconds: readonly MfaMethod[] }

/** With what somebody may begin who is to get to this level. A code or passkey is followed by no second factor. */
export function firstsToward(level: AssuranceLevel, { firsts, seconds }: Abilities): readonly ChoiceName[] {
  return firsts.filter((first) => {
    if (first !== 'PASSWORD' && first !== 'PASSWORD_SRP') return levelReached([first]) >= level
    return level === 1 || secondsToward(level, ['PASSWORD'], seconds).length > 0
  })
}

/** What takes somebody to this level who has proven so much. */
export function secondsToward(
  level: AssuranceLevel,
  proofs: readonly ChallengeName[],
  seconds: readonly MfaMethod[],
): readonly MfaMethod[] {
  return seconds.filter((second) => !proofs.includes(second) && levelReached([...proofs, second]) >= level)
}

/** The first of the levels that the user can get to, with what they have proven or from the beginning. */
export function chooseGoal(
  levels: readonly AssuranceLevel[],
  proofs: readonly ChallengeName[],
  abilities: Abilities,
): AssuranceLevel | undefined {
  return levels.find(
    (level) => isReached(level, proofs) || continues(level, proofs, abilities) || firstsToward(level, abilities).length > 0,
  )
}

/** Whether what has been proven is the level, or can be made into it by one more proof. */
export function canContinue(level: AssuranceLevel, proofs: readonly ChallengeName[], abilities: Abilities): boolean {
  return isReached(level, proofs) || continues(level, proofs, abilities)
}

function isReached(level: AssuranceLevel, proofs: readonly ChallengeName[]): boolean {
  return proofs.length > 0 && levelReached(proofs) >= level
}

function continues(level: AssuranceLevel, proofs: readonly ChallengeName[], { seconds }: Abilities): boolean {
  return proofs.includes('PASSWORD') && secondsToward(level, proofs, seconds).length > 0
}
