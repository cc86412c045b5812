import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { factsOf } from '../../contract/model.ts'
import type { OperationName } from '../../contract/operation.ts'
import type { RequestCategory } from '../../pools/provisioned-limits/request-categories.ts'
import { categoryOf } from './operation-categories.ts'

/** Counts a request against the limit of its category. Throws TooManyRequestsException past it. */
export type Throttle = (operation: OperationName) => void

export const noThrottle: Throttle = () => undefined

/** A sign-in starts once and may be asked several things: answers have three times the limit, and a bucket of their own. */
const answers: ReadonlySet<OperationName> = new Set(['RespondToAuthChallenge', 'AdminRespondToAuthChallenge'])
const answersForOneStart = 3

type Bucket = { tokens: number; filledAt: number }

/**
 * A token bucket for each category, of one second's requests. It knows of this process only: that is what keeps it to a few steps,
 * and several processes together take as many times more.
 */
export function createThrottle({ clock, limitOf }: { clock: Clock; limitOf: (category: RequestCategory) => number }): Throttle {
  const buckets = new Map<string, Bucket>()

  function take(name: string, perSecond: number): boolean {
    const now = clock.now()
    const bucket = buckets.get(name) ?? { tokens: perSecond, filledAt: now }
    buckets.set(name, bucket)
    const seconds = Math.max(now - bucket.filledAt, 0) / 1000
    bucket.tokens = Math.min(bucket.tokens + seconds * perSecond, perSecond)
    bucket.filledAt = now
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }

  return (operation) => {
    const category = categoryOf.get(operation)
    if (category === undefined) return
    const limit = limitOf(category)
    const isTaken = answers.has(operation) ? take(`${category} answers`, limit * answersForOneStart) : take(category, limit)
    if (!isTaken) throw tooMany(operation)
  }
}

/** Some operations' models know no error of that name; every AWS service knows the other one. */
function tooMany(operation: OperationName): ApiError {
  const isListed = factsOf(operation).errors.includes('TooManyRequestsException')
  return new ApiError(isListed ? 'TooManyRequestsException' : 'ThrottlingException', 'Rate exceeded')
}
