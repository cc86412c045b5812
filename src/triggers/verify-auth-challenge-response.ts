import { type CustomChallengeRequest, lastMembersOf } from './custom-challenge.ts'
import type { Texts, TriggerSubject, Triggers } from './trigger.ts'

type Facts = Omit<CustomChallengeRequest, 'results'> & { readonly privateParameters: Texts; readonly answer: string }

/** Whether an answer is right; it is not when the function was passed over for its failure. */
export async function invokeVerifyAuthChallengeResponse(triggers: Triggers, subject: TriggerSubject, facts: Facts): Promise<boolean> {
  const request = {
    userAttributes: facts.userAttributes,
    privateChallengeParameters: facts.privateParameters,
    challengeAnswer: facts.answer,
    ...lastMembersOf(facts),
  }
  const source = 'VerifyAuthChallengeResponse_Authentication'
  const call = { ...subject, trigger: 'VerifyAuthChallengeResponse', source, request, response: { answerCorrect: null } } as const
  return (await triggers.invoke(call, (answer) => answer.boolean('answerCorrect'))) ?? false
}
