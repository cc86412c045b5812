import type { TriggerNameType } from '../contract/generated/types.ts'

export type TriggerName = TriggerNameType

/** The triggers that Cognito does not have. Their functions are named in the extensions of a pool. */
export const ownTriggers = ['PreDeleteUser', 'PostDeleteUser', 'PreUpdateUserAttributes'] as const satisfies readonly TriggerName[]

export type OwnTriggerName = (typeof ownTriggers)[number]

/** The triggers whose functions are named in the LambdaConfig of a pool. */
export type CognitoTriggerName = Exclude<TriggerName, OwnTriggerName>

export type TriggerTarget = { readonly arn: string; readonly version: 'V1_0' | 'V2_0' | 'V3_0' | undefined }

/** The trigger functions in the LambdaConfig of a pool. `triggerTargetOf` finds these and those of the extensions. */
export type TriggerTargets = {
  readonly byName: Readonly<Partial<Record<CognitoTriggerName, TriggerTarget>>>
  /** The KMS key that encrypts the codes for the custom senders. */
  readonly kmsKeyArn: string | undefined
}

/** What the server does when a trigger function is slow or fails. */
export type TriggerPolicy = {
  readonly timeoutMs: number
  /** How many times a call that got no answer is repeated. A function that answered with an error is not called again. */
  readonly retries: number
  /**
   * What a failure means. `FAIL` fails the API call. `CONTINUE` ignores every failure, as if the pool had no such trigger. That includes an
   * error that the function throws, so a PreSignUp or PreAuthentication function can no longer reject a user. `CONTINUE_UNLESS_REFUSED`
   * ignores every failure except an error that the function throws. `LAST_GOOD` (PreTokenGeneration only) uses the function's last good
   * answer for the same user and app client, even after an error that the function throws. Without such an answer the API call fails.
   */
  readonly onError: 'FAIL' | 'CONTINUE' | 'CONTINUE_UNLESS_REFUSED' | 'LAST_GOOD'
  /** Stops the calls for `openSeconds` after `failures` failures in a row. Undefined: the function is always called. */
  readonly circuitBreaker: { readonly failures: number; readonly openSeconds: number } | undefined
}

/**
 * Cognito waits five seconds for a function and fails the call otherwise. Its guide no longer says how often Cognito retries. Lifeguard
 * retries only when the pool asks for retries, because a function that is not idempotent must not run twice.
 */
const defaultPolicy: TriggerPolicy = { timeoutMs: 5000, retries: 0, onError: 'FAIL', circuitBreaker: undefined }

/**
 * Custom senders run after the API call, so they may take as long as sending takes. With a shorter limit, a message that the function still
 * sends after the limit would be sent again by the next attempt.
 */
const defaultSenderPolicy: TriggerPolicy = { ...defaultPolicy, timeoutMs: 25_000 }

/** Whether the function of the trigger delivers messages. Its response has no meaning: any answer will do. */
export function isCustomSender(name: TriggerName): boolean {
  return name === 'CustomEmailSender' || name === 'CustomSMSSender'
}

/** The policy that the pool has set for a trigger, or the default. */
export function triggerPolicyOf(name: TriggerName, policy: TriggerPolicy | undefined): TriggerPolicy {
  return policy ?? (isCustomSender(name) ? defaultSenderPolicy : defaultPolicy)
}
