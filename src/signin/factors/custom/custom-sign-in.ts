import type { AppClient } from '../../../pools/app-client.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { ChallengeResult, CustomChallengeRequest } from '../../../triggers/custom-challenge.ts'
import type { CallerContext, TriggerSubject } from '../../../triggers/trigger.ts'
import type { Candidate } from '../../candidate.ts'
import type { ChallengeName } from '../../sign-in.ts'
import { attributesOf, subjectOf } from '../../trigger-facts.ts'

/** A sign-in that goes as the pool's functions say. */
export type CustomSignIn = Candidate & {
  readonly pool: Pool
  readonly client: AppClient
  /** What they called themselves at the beginning; it is all that there is to know of somebody who does not exist. */
  readonly name: string
  /** What this server has seen proven, without the pool's own challenges. */
  readonly proofs: readonly ChallengeName[]
  /** What the functions have seen. */
  readonly results: readonly ChallengeResult[]
  readonly caller: CallerContext
}

export const passed = (name: string): ChallengeResult => ({ name, isPassed: true, metadata: null })

export function subjectOfCustom(signIn: CustomSignIn): TriggerSubject {
  return subjectOf(signIn, signIn.user, signIn.name, signIn.caller)
}

export function factsOf({ pool, user, results, caller }: CustomSignIn): CustomChallengeRequest {
  return {
    userAttributes: attributesOf(pool, user),
    userNotFound: user === undefined,
    results,
    clientMetadata: caller.clientMetadata,
  }
}

/** A result as it travels in a Session, which has little room: the pool's own challenges go without their name. */
export type PackedResult = readonly [0 | 1, (string | null)?, string?]

const ownChallenge = 'CUSTOM_CHALLENGE'

export function packResults(results: readonly ChallengeResult[]): readonly PackedResult[] {
  return results.map(({ name, isPassed, metadata }) => {
    const flag = isPassed ? 1 : 0
    if (name !== ownChallenge) return [flag, metadata, name]
    return metadata === null ? [flag] : [flag, metadata]
  })
}

export function unpackResults(packed: readonly PackedResult[]): readonly ChallengeResult[] {
  return packed.map(([flag, metadata = null, name = ownChallenge]) => ({ name, isPassed: flag === 1, metadata }))
}
