import { type CustomChallengeRequest, lastMembersOf } from './custom-challenge.ts'
import type { Texts, TriggerSubject, Triggers } from './trigger.ts'

type VerificationRequest = Omit<CustomChallengeRequest, 'results'> & { readonly privateParameters: Texts; readonly answer: string }

/** Whether the answer to a custom challenge is right. False when the function failed and its policy says to continue. */
export async function invokeVerifyAuthChallengeResponse(
  triggers: Triggers,
  subject: TriggerSubject,
  details: VerificationRequest,
): Promise<boolean> {
  const request = {
    userAttributes: details.userAttributes,
    privateChallengeParameters: details.privateParameters,
    challengeAnswer: details.answer,
    ...lastMembersOf(details),
  }
  const source = 'VerifyAuthChallengeResponse_Authentication'
  const call = { ...subject, trigger: 'VerifyAuthChallengeResponse', source, request, response: { answerCorrect: null } } as const
  return (await triggers.invoke(call, (answer) => answer.boolean('answerCorrect'))) ?? false
}
