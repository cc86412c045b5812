import type { AnswerReader } from './answer-reader.ts'
import { type CustomChallengeRequest, lastMembersOf, sessionOf } from './custom-challenge.ts'
import type { TriggerSubject, Triggers } from './trigger.ts'

export type DefinedStep<Name extends string> =
  | { readonly kind: 'challenge'; readonly name: Name }
  | { readonly kind: 'issue-tokens' }
  | { readonly kind: 'fail' }

/**
 * Invokes DefineAuthChallenge, which decides the next step of a custom sign-in. The function may choose among `challenges`.
 * When the function failed and its policy says to continue, the step is `fail`.
 */
export async function invokeDefineAuthChallenge<Name extends string>(
  triggers: Triggers,
  subject: TriggerSubject,
  details: CustomChallengeRequest,
  challenges: readonly Name[],
): Promise<DefinedStep<Name>> {
  const request = { userAttributes: details.userAttributes, session: sessionOf(details), ...lastMembersOf(details) }
  const response = { challengeName: null, issueTokens: null, failAuthentication: null }
  const source = 'DefineAuthChallenge_Authentication'
  const call = { ...subject, trigger: 'DefineAuthChallenge', source, request, response } as const
  return (await triggers.invoke(call, (answer) => readStep(answer, challenges))) ?? { kind: 'fail' }
}

/**
 * The answer must name exactly one step: a challenge, `issueTokens` or `failAuthentication`. But when `failAuthentication` is true, the
 * sign-in fails, whatever else the answer names.
 * @throws AnswerError when the answer names no step, or both a challenge and `issueTokens`.
 */
function readStep<Name extends string>(answer: AnswerReader, challenges: readonly Name[]): DefinedStep<Name> {
  const issueTokens = answer.boolean('issueTokens')
  const failAuthentication = answer.boolean('failAuthentication')
  const name = answer.choice('challengeName', challenges)
  if (failAuthentication) return { kind: 'fail' }
  if (issueTokens && name !== undefined) throw answer.error('either issueTokens or a challengeName', 'both')
  if (issueTokens) return { kind: 'issue-tokens' }
  if (name === undefined) throw answer.error('a challengeName, issueTokens or failAuthentication', 'none of them')
  return { kind: 'challenge', name }
}
