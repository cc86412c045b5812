import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { TriggerPolicy } from '../pools/trigger-settings.ts'
import { InvocationError } from './trigger-errors.ts'

type Policy = NonNullable<TriggerPolicy['circuitBreaker']>

type Breaker = {
  /** How many calls in a row, up to the last one, could not invoke the function. */
  failures: number
  /** Until when an open breaker refuses every call. */
  openUntil: number
  /** When the breaker opened. Undefined while it is closed. An open breaker stays open if the policy changes, until a test call succeeds. */
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

const keyOf = ({ poolId, functionName }: CalledFunction): string => `${poolId} ${functionName}`

function calledBy(key: string): CalledFunction {
  const [poolId = '', ...name] = key.split(' ')
  return { poolId, functionName: name.join(' ') }
}

const closed: Readonly<Breaker> = { failures: 0, openUntil: 0, openedAt: undefined, isTesting: false }

function afterFailure(before: Breaker, policy: Policy, now: number): Breaker {
  const failures = before.failures + 1
  if (before.openedAt === undefined && failures < policy.failures) return { ...before, failures }
  return { ...before, failures, openUntil: now + policy.openSeconds * 1000, openedAt: before.openedAt ?? now }
}

/** The most breakers that are remembered. It bounds the memory, since breakers of deleted pools stay. */
const maximumBreakers = 10_000

/** Keeps the breakers in memory, and logs when one opens or closes. */
function rememberBreakers({ clock, logger }: Options) {
  /**
   * The breakers by pool and function, the one with the latest failure last. A function has a breaker only while its last call could not
   * invoke it.
   */
  const breakers = new Map<string, Breaker>()

  function close(called: CalledFunction): void {
    const { poolId, functionName } = called
    const breaker = breakers.get(keyOf(called))
    breakers.delete(keyOf(called))
    if (breaker?.openedAt === undefined) return
    const seconds = Math.round((clock.now() - breaker.openedAt) / 100) / 10
    logger.info({ poolId, function: functionName, failures: breaker.failures, seconds }, 'A circuit breaker closed')
  }

  function countFailure(called: CalledFunction, policy: Policy, wasTest: boolean): void {
    const { poolId, functionName } = called
    const before = breakers.get(keyOf(called)) ?? closed
    const breaker = afterFailure(wasTest ? { ...before, isTesting: false } : before, policy, clock.now())
    breakers.delete(keyOf(called))
    const [oldest] = breakers.size < maximumBreakers ? [] : breakers.keys()
    if (oldest !== undefined) close(calledBy(oldest))
    breakers.set(keyOf(called), breaker)
    if (breaker.openedAt === before.openedAt) return
    logger.warn({ poolId, function: functionName, failures: breaker.failures, openSeconds: policy.openSeconds }, 'A circuit breaker opened')
  }

  return { breakers, close, countFailure }
}

export function createCircuitBreakers(options: Options): CircuitBreakers {
  const { clock } = options
  const { breakers, close, countFailure } = rememberBreakers(options)
  return {
    async guard(called, policy, work) {
      if (policy === undefined) {
        close(called)
        return work()
      }
      const breaker = breakers.get(keyOf(called))
      const isTest = breaker?.openedAt !== undefined
      if (isTest) {
        if (breaker.isTesting || clock.now() < breaker.openUntil) throw new InvocationError('CircuitBreakerOpen', { retryable: false })
        breaker.isTesting = true
      }
      try {
        const answer = await work()
        close(called)
        return answer
      } catch (error) {
        // A function that reports an error was reached, so the error is no failure for the breaker.
        if (!(error instanceof InvocationError)) close(called)
        else countFailure(called, policy, isTest)
        throw error
      }
    },

    countOpen() {
      const now = clock.now()
      return [...breakers.values()].filter(({ openUntil }) => now < openUntil).length
    },
  }
}
