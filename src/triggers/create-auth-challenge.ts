import { type CustomChallengeRequest, lastMembersOf, sessionOf } from './custom-challenge.ts'
import type { Texts, TriggerSubject, Triggers } from './trigger.ts'

export type CreatedChallenge = {
  /** The parameters that the client gets. */
  readonly publicParameters: Texts
  /** The parameters that only the function that verifies the answer gets. */
  readonly privateParameters: Texts
  readonly metadata: string | null
}

/** The most characters of a Session that Cognito's API model allows. */
const maxSessionLength = 2048

/**
 * Invokes CreateAuthChallenge. `seal` makes the Session, which holds the data that the answer will be verified with. Undefined when the
 * function failed and its policy says to continue.
 * @throws ApiError InvalidLambdaResponseException when the Session becomes longer than clients may send back.
 */
export async function invokeCreateAuthChallenge(
  triggers: Triggers,
  subject: TriggerSubject,
  details: CustomChallengeRequest,
  seal: (created: CreatedChallenge) => string,
): Promise<(CreatedChallenge & { readonly session: string }) | undefined> {
  const request = {
    userAttributes: details.userAttributes,
    challengeName: 'CUSTOM_CHALLENGE',
    session: sessionOf(details),
    ...lastMembersOf(details),
  }
  const response = { publicChallengeParameters: null, privateChallengeParameters: null, challengeMetadata: null }
  const source = 'CreateAuthChallenge_Authentication'
  return triggers.invoke({ ...subject, trigger: 'CreateAuthChallenge', source, request, response }, (answer) => {
    const created = {
      publicParameters: answer.textMap('publicChallengeParameters') ?? {},
      privateParameters: answer.textMap('privateChallengeParameters') ?? {},
      metadata: answer.text('challengeMetadata') ?? null,
    }
    const session = seal(created)
    if (session.length > maxSessionLength) {
      const expected = `privateChallengeParameters and challengeMetadata that fit into a Session of ${maxSessionLength} characters`
      throw answer.error(expected, `a Session of ${session.length} characters`)
    }
    return { ...created, session }
  })
}
