import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { TriggerPolicy } from '../pools/trigger-settings.ts'
import { InvocationError } from './trigger-errors.ts'

type Policy = NonNullable<TriggerPolicy['circuitBreaker']>

type Breaker = {
  /** How many calls in a row, up to the last one, could not invoke the function. */
  failures: number
  openUntil: number
  /** When the breaker opened. Undefined while it is closed. */
  openedAt: number | undefined
  /** Whether the one call that tests the function is running. */
  isTesting: boolean
}

export type CalledFunction = { readonly poolId: string; readonly functionName: string }

type Options = { readonly clock: Clock; readonly logger: Pick<Logger, 'info' | 'warn'> }

/**
 * Stops the calls of a function after several calls in a row could not invoke it. Calls then fail at once for a while. Afterwards one call
 * tests the function, and the result of that call closes the breaker or opens it again. Each process has its own breakers.
 */
export type CircuitBreakers = {
  /**
   * Runs `work`, which invokes that function for that pool.
   * @throws InvocationError while the breaker is open.
   */
  guard<Answer>(called: CalledFunction, policy: TriggerPolicy['circuitBreaker'], work: () => Promise<Answer>): Promise<Answer>
  /** How many breakers are open at this moment. */
  countOpen(): number
}

const closed: Breaker = { failures: 0, openUntil: 0, openedAt: undefined, isTesting: false }

function afterFailure(before: Breaker, policy: Policy, now: number): Breaker {
  const failures = before.failures + 1
  if (failures < policy.failures) return { ...before, failures, openUntil: 0, isTesting: false }
  return { failures, openUntil: now + policy.openSeconds * 1000, openedAt: before.openedAt ?? now, isTesting: false }
}

export function createCircuitBreakers({ clock, logger }: Options): CircuitBreakers {
  /** The breakers by pool and function. A function has a breaker only while its last call could not invoke it. */
  const breakers = new Map<string, Breaker>()

  function close(key: string, { poolId, functionName }: CalledFunction): void {
    const breaker = breakers.get(key)
    breakers.delete(key)
    if (breaker?.openedAt === undefined) return
    const seconds = Math.round((clock.now() - breaker.openedAt) / 100) / 10
    logger.info({ poolId, function: functionName, failures: breaker.failures, seconds }, 'A circuit breaker closed')
  }

  function countFailure(key: string, { poolId, functionName }: CalledFunction, before: Breaker, policy: Policy): void {
    const breaker = afterFailure(before, policy, clock.now())
    breakers.set(key, breaker)
    if (breaker.openedAt === before.openedAt) return
    logger.warn({ poolId, function: functionName, failures: breaker.failures, openSeconds: policy.openSeconds }, 'A circuit breaker opened')
  }

  return {
    async guard(called, policy, work) {
      const key = `${called.poolId} ${called.functionName}`
      if (policy === undefined) {
        close(key, called)
        return work()
      }
      const breaker = breakers.get(key) ?? { ...closed }
      const mustTest = breaker.failures >= policy.failures
      if (mustTest && (breaker.isTesting || clock.now() < breaker.openUntil)) {
        throw new InvocationError('CircuitBreakerOpen', { retryable: false })
      }
      breaker.isTesting = mustTest
      try {
        const answer = await work()
        close(key, called)
        return answer
      } catch (error) {
        // A function that reports an error was reached, so the error is no failure for the breaker.
        if (!(error instanceof InvocationError)) close(key, called)
        else countFailure(key, called, breakers.get(key) ?? breaker, policy)
        throw error
      }
    },

    countOpen() {
      const now = clock.now()
      return [...breakers.values()].filter(({ openUntil }) => now < openUntil).length
    },
  }
}
