import { clientMetadataOf, type JsonObject, type Texts } from './trigger.ts'

/** The result of one challenge of a custom sign-in. */
export type ChallengeResult = {
  readonly name: string
  readonly isPassed: boolean
  /** The `challengeMetadata` of the function that created the challenge. */
  readonly metadata: string | null
}

/** What the requests of DefineAuthChallenge, CreateAuthChallenge and VerifyAuthChallengeResponse have in common. */
export type CustomChallengeRequest = {
  /** Empty when the user does not exist. */
  readonly userAttributes: Texts
  readonly userNotFound: boolean
  /** The results of the challenges of this sign-in so far. */
  readonly results: readonly ChallengeResult[]
  readonly clientMetadata: Texts | undefined
}

/** The member `session` of the request of each trigger of a custom sign-in. */
export function sessionOf({ results }: Pick<CustomChallengeRequest, 'results'>): readonly JsonObject[] {
  return results.map(({ name, isPassed, metadata }) => ({
    challengeName: name,
    challengeResult: isPassed,
    challengeMetadata: metadata,
  }))
}

/** The members `clientMetadata` and `userNotFound` at the end of the request of each trigger of a custom sign-in. */
export function lastMembersOf(request: Pick<CustomChallengeRequest, 'userNotFound' | 'clientMetadata'>): JsonObject {
  return { ...clientMetadataOf(request), userNotFound: request.userNotFound }
}
