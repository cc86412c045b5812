import { clientMetadataOf, type JsonObject, type Texts } from './trigger.ts'

/** How a challenge of a custom sign-in ended. */
export type ChallengeResult = {
  readonly name: string
  readonly isPassed: boolean
  /** What the function that made the challenge noted of it. */
  readonly metadata: string | null
}

/** What all three functions of a custom sign-in are told. */
export type CustomChallengeRequest = {
  /** Empty for somebody who does not exist. */
  readonly userAttributes: Texts
  readonly userNotFound: boolean
  /** The challenges so far. */
  readonly results: readonly ChallengeResult[]
  readonly clientMetadata: Texts | undefined
}

export function sessionOf({ results }: Pick<CustomChallengeRequest, 'results'>): readonly JsonObject[] {
  return results.map(({ name, isPassed, metadata }) => ({
    challengeName: name,
    challengeResult: isPassed,
    challengeMetadata: metadata,
  }))
}

/** The members that come last in all three events. */
export function lastMembersOf(facts: Pick<CustomChallengeRequest, 'userNotFound' | 'clientMetadata'>): JsonObject {
  return { ...clientMetadataOf(facts), userNotFound: facts.userNotFound }
}
