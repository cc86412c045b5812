import type { Clock } from '../base/clock.ts'
import type { TriggerPolicy } from '../pools/trigger-settings.ts'
import { InvocationError } from './trigger-errors.ts'

type Breaker = {
  /** How many calls in a row, up to the last one, could not invoke the function. */
  failures: number
  openUntil: number
  /** Whether the one call that tests the function is running. */
  isTesting: boolean
}

/**
 * Stops the calls of a function after several calls in a row could not invoke it. Calls then fail at once for a while. Afterwards one call
 * tests the function, and the result of that call closes the breaker or opens it again. Each process has its own breakers.
 */
export type CircuitBreakers = {
  /**
   * Runs `work`, which invokes the function that `key` names.
   * @throws InvocationError while the breaker is open.
   */
  guard<Answer>(key: string, policy: TriggerPolicy['circuitBreaker'], work: () => Promise<Answer>): Promise<Answer>
  /** How many breakers are open at this moment. */
  countOpen(): number
}

export function createCircuitBreakers(clock: Clock): CircuitBreakers {
  /** The breakers by the `key` of `guard`. A function has a breaker only while its last call could not invoke it. */
  const breakers = new Map<string, Breaker>()

  return {
    async guard(key, policy, work) {
      if (policy === undefined) return work()
      const breaker = breakers.get(key) ?? { failures: 0, openUntil: 0, isTesting: false }
      const mustTest = breaker.failures >= policy.failures
      if (mustTest && (breaker.isTesting || clock.now() < breaker.openUntil)) {
        throw new InvocationError('CircuitBreakerOpen', { retryable: false })
      }
      breaker.isTesting = mustTest
      try {
        const answer = await work()
        breakers.delete(key)
        return answer
      } catch (error) {
        // A function that reports an error was reached, so the error is no failure for the breaker.
        if (!(error instanceof InvocationError)) breakers.delete(key)
        else {
          const failures = (breakers.get(key)?.failures ?? breaker.failures) + 1
          const openUntil = failures >= policy.failures ? clock.now() + policy.openSeconds * 1000 : 0
          breakers.set(key, { failures, openUntil, isTesting: false })
        }
        throw error
      }
    },

    countOpen() {
      const now = clock.now()
      return [...breakers.values()].filter(({ openUntil }) => now < openUntil).length
    },
  }
}
