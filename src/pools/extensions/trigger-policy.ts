import type { TriggerName } from '../pool.ts'
import type { TriggerPolicy } from './pool-extensions.ts'

/**
 * Cognito waits five seconds for a function and fails the call otherwise. (Its guide no longer says how often it asks again; here it is
 * never, unless a pool wants it: a function that is not idempotent must not run twice unasked.)
 */
const cognitos: TriggerPolicy = { timeoutMs: 5000, retries: 0, onError: 'FAIL', circuitBreaker: undefined }

/** Nobody waits for a custom sender, so that it may take the time that sending takes; cut short, it would send twice. */
const ofSenders: TriggerPolicy = { ...cognitos, timeoutMs: 25_000 }

const senders: readonly TriggerName[] = ['CustomEmailSender', 'CustomSMSSender']

/** The policy that is set for a trigger, or Cognito's own. */
export function policyOf(name: TriggerName, policy: TriggerPolicy | undefined): TriggerPolicy {
  return policy ?? (senders.includes(name) ? ofSenders : cognitos)
}
