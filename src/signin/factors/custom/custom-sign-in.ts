import type { ChallengeResult, CustomChallengeRequest } from '../../../triggers/custom-challenge.ts'
import type { TriggerSubject } from '../../../triggers/trigger.ts'
import type { Candidate } from '../../candidate.ts'
import type { SignIn, SignInContext, SignInProgress } from '../../sign-in.ts'
import { attributesForTriggers, triggerSubjectOf } from '../../sign-in-triggers.ts'

/** A sign-in of `CUSTOM_AUTH`, in which trigger functions decide what has to be proven. */
export type CustomSignIn = Candidate & {
  readonly context: SignInContext
  /** The name that the user typed at the beginning of the sign-in. Nothing else is known of a decoy. */
  readonly name: string
  readonly progress: CustomProgress
}

type CustomProgress = SignInProgress & { readonly custom: readonly ChallengeResult[] }

/** The custom sign-in as a `SignIn` of an existing user; undefined for a decoy. */
export function asSignIn({ context, user, progress }: CustomSignIn): SignIn | undefined {
  return user && { context, user, progress }
}

export function customSubjectOf({ context, user, name }: CustomSignIn): TriggerSubject {
  return triggerSubjectOf(context, user, name)
}

export function challengeFactsOf({ context, user, progress }: CustomSignIn): CustomChallengeRequest {
  return {
    userAttributes: attributesForTriggers(context.pool, user),
    userNotFound: user === undefined,
    results: progress.custom,
    clientMetadata: context.caller.clientMetadata,
  }
}
