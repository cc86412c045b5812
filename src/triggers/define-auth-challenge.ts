import type { AnswerReader } from './answer-reader.ts'
import { type CustomChallengeRequest, lastMembersOf, sessionOf } from './custom-challenge.ts'
import type { TriggerSubject, Triggers } from './trigger.ts'

export type DefinedStep<Name extends string> =
  | { readonly kind: 'challenge'; readonly name: Name }
  | { readonly kind: 'issue-tokens' }
  | { readonly kind: 'fail' }

/**
 * What comes next in a custom sign-in, of the challenges that there are to ask. Somebody whose function was passed over for its failure
 * is not let in.
 */
export async function invokeDefineAuthChallenge<Name extends string>(
  triggers: Triggers,
  subject: TriggerSubject,
  facts: CustomChallengeRequest,
  challenges: readonly Name[],
): Promise<DefinedStep<Name>> {
  const request = { userAttributes: facts.userAttributes, session: sessionOf(facts), ...lastMembersOf(facts) }
  const response = { challengeName: null, issueTokens: null, failAuthentication: null }
  const source = 'DefineAuthChallenge_Authentication'
  const call = { ...subject, trigger: 'DefineAuthChallenge', source, request, response } as const
  return (await triggers.invoke(call, (answer) => readStep(answer, challenges))) ?? { kind: 'fail' }
}

/** Exactly one of the three. A function that fails the sign-in means it, whatever else it says. Throws AnswerError. */
function readStep<Name extends string>(answer: AnswerReader, challenges: readonly Name[]): DefinedStep<Name> {
  const issueTokens = answer.boolean('issueTokens')
  const failAuthentication = answer.boolean('failAuthentication')
  const name = answer.choice('challengeName', challenges)
  if (failAuthentication) return { kind: 'fail' }
  if (issueTokens && name !== undefined) throw answer.wrong('either issueTokens or a challengeName', 'both')
  if (issueTokens) return { kind: 'issue-tokens' }
  if (name === undefined) throw answer.wrong('a challengeName, issueTokens or failAuthentication', 'none of them')
  return { kind: 'challenge', name }
}
