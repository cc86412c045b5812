import type { TriggerPolicy } from './pool-extensions.ts'

/**
 * Cognito waits five seconds for a function and fails the call otherwise. (Its guide no longer says how often it asks again; here it is
 * never, unless a pool wants it: a function that is not idempotent must not run twice unasked.)
 */
const cognitos: TriggerPolicy = { timeoutMs: 5000, retries: 0, onError: 'FAIL', circuitBreaker: undefined }

/** The policy that is set, or Cognito's own. */
export function policyOf(policy: TriggerPolicy | undefined): TriggerPolicy {
  return policy ?? cognitos
}
