import { type CustomChallengeRequest, lastMembersOf, sessionOf } from './custom-challenge.ts'
import type { Texts, TriggerSubject, Triggers } from './trigger.ts'

export type CreatedChallenge = {
  /** What the client is told. */
  readonly publicParameters: Texts
  /** What only the function that verifies the answer is told. */
  readonly privateParameters: Texts
  readonly metadata: string | null
}

/** As long as the service model lets a Session be. */
const longestSession = 2048

/**
 * A challenge of the pool's own, and the Session into which `seal` put what it has to be verified by; undefined when the function was
 * passed over for its failure. Throws InvalidLambdaResponseException when that makes the Session longer than clients may send it back.
 */
export async function invokeCreateAuthChallenge(
  triggers: Triggers,
  subject: TriggerSubject,
  facts: CustomChallengeRequest,
  seal: (created: CreatedChallenge) => string,
): Promise<(CreatedChallenge & { readonly session: string }) | undefined> {
  const request = {
    userAttributes: facts.userAttributes,
    challengeName: 'CUSTOM_CHALLENGE',
    session: sessionOf(facts),
    ...lastMembersOf(facts),
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
    if (session.length > longestSession) {
      const wanted = `privateChallengeParameters and challengeMetadata that fit into a Session of ${longestSession} characters`
      throw answer.wrong(wanted, `what makes it ${session.length}`)
    }
    return { ...created, session }
  })
}
