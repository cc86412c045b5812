import type { MfaMethod } from '../../pools/pool.ts'
import type { AssuranceLevel } from '../../tokens/assurance.ts'
import { usableMfa } from '../../users/mfa/mfa-methods.ts'
import type { FirstFactor } from '../choice/first-factor.ts'
import type { Proof, SignIn } from '../sign-in.ts'
import { levelReached } from './methods.ts'

/** The first factors and the second factors that a user can use. */
export type Abilities = { readonly firsts: readonly FirstFactor[]; readonly seconds: readonly MfaMethod[] }

/**
 * Those of the user's first factors that reach `level`, alone or together with one of the user's second factors. A second factor follows a
 * password, but never a code or a passkey.
 */
export function firstsToward(level: AssuranceLevel, { firsts, seconds }: Abilities): readonly FirstFactor[] {
  return firsts.filter((first) => {
    if (first !== 'PASSWORD' && first !== 'PASSWORD_SRP') return levelReached([first]) >= level
    return level === 1 || secondsToward(level, ['PASSWORD'], seconds).length > 0
  })
}

/** Those of `seconds` that are not among `proofs` yet, and with which the proofs so far reach `level`. */
function secondsToward(level: AssuranceLevel, proofs: readonly Proof[], seconds: readonly MfaMethod[]): readonly MfaMethod[] {
  return seconds.filter((second) => !proofs.includes(second) && levelReached([...proofs, second]) >= level)
}

/**
 * The first of `levels` that the user can reach: with the proofs so far and at most one more, or in a sign-in that begins anew. Undefined
 * when the user can reach none of `levels`.
 */
export function chooseGoal(levels: readonly AssuranceLevel[], proofs: readonly Proof[], abilities: Abilities): AssuranceLevel | undefined {
  return levels.find((level) => canContinue(level, proofs, abilities) || firstsToward(level, abilities).length > 0)
}

/** Whether the proofs so far reach `level`, alone or together with one more proof. */
export function canContinue(level: AssuranceLevel, proofs: readonly Proof[], { seconds }: Abilities): boolean {
  if (proofs.length > 0 && levelReached(proofs) >= level) return true
  return proofs.includes('PASSWORD') && secondsToward(level, proofs, seconds).length > 0
}

/**
 * The second factors that take the sign-in to its step-up goal. Undefined when the sign-in has no step-up goal, or has reached it. If the
 * user's preferred method is among these factors, the result is that method alone.
 */
export function methodsOfStepUp({ context, user, progress }: SignIn, hasSoftwareToken: boolean): readonly MfaMethod[] | undefined {
  const { proofs, stepUp } = progress
  if (stepUp === undefined || levelReached(proofs) >= stepUp.goal) return undefined
  const methods = secondsToward(stepUp.goal, proofs, usableMfa(context.pool, user, hasSoftwareToken))
  const preferred = methods.filter((method) => method === user.mfa?.preferred)
  return preferred.length > 0 ? preferred : methods
}
