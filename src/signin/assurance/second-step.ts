import type { MfaMethod, Pool } from '../../pools/pool.ts'
import { usableMfa } from '../../users/mfa/mfa-methods.ts'
import type { User } from '../../users/user.ts'
import type { ChallengeName, StepUp } from '../sign-in.ts'
import { secondsToward } from './goal.ts'
import { levelReached } from './methods.ts'

type UnderWay = {
  readonly pool: Pool
  readonly user: User
  readonly proofs: readonly ChallengeName[]
  readonly stepUp?: StepUp | undefined
}

/**
 * What would take the sign-in to the level that it is after; undefined when it is after none, or there. Of several the one that the user
 * prefers, if it will do.
 */
export function methodsOfStepUp({ pool, user, proofs, stepUp }: UnderWay, hasSoftwareToken: boolean): readonly MfaMethod[] | undefined {
  if (stepUp === undefined || levelReached(proofs) >= stepUp.goal) return undefined
  const methods = secondsToward(stepUp.goal, proofs, usableMfa(pool, user, hasSoftwareToken))
  const preferred = methods.filter((method) => method === user.mfa?.preferred)
  return preferred.length > 0 ? preferred : methods
}
