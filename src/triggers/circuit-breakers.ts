import type { Clock } from '../base/clock.ts'
import type { TriggerPolicy } from '../pools/trigger-settings.ts'
import { InvocationError } from './trigger-errors.ts'

type Breaker = { failures: number; openUntil: number; onTrial: boolean }

/**
 * Leaves a function alone that could not be asked several times in a row: for a while its calls fail at once, then one is let through on
 * trial, and by it the others are decided. Each process finds out for itself.
 */
export type CircuitBreakers = {
  /** Does `work`, which asks the function of that key. Throws InvocationError while the function is left alone. */
  guard<Answer>(key: string, policy: TriggerPolicy['circuitBreaker'], work: () => Promise<Answer>): Promise<Answer>
}

export function createCircuitBreakers(clock: Clock): CircuitBreakers {
  /** Those with failures only. */
  const breakers = new Map<string, Breaker>()

  return {
    async guard(key, policy, work) {
      if (policy === undefined) return work()
      const breaker = breakers.get(key) ?? { failures: 0, openUntil: 0, onTrial: false }
      const onTrial = breaker.failures >= policy.failures
      if (onTrial && (breaker.onTrial || clock.now() < breaker.openUntil)) {
        throw new InvocationError('CircuitBreakerOpen', { retryable: false })
      }
      breaker.onTrial = onTrial
      try {
        const answer = await work()
        breakers.delete(key)
        return answer
      } catch (error) {
        // A function that says no is there.
        if (!(error instanceof InvocationError)) breakers.delete(key)
        else {
          const failed = { failures: (breakers.get(key)?.failures ?? breaker.failures) + 1, openUntil: 0, onTrial: false }
          failed.openUntil = failed.failures >= policy.failures ? clock.now() + policy.openSeconds * 1000 : 0
          breakers.set(key, failed)
        }
        throw error
      }
    },
  }
}
