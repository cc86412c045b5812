import { isStsAction, type StsAction } from '../../authorization/sts/sts-action.ts'
import type { Clock } from '../../base/clock.ts'
import { networkOf } from '../../base/network-of.ts'
import { ApiError } from '../../contract/api-error.ts'
import { definitionOf } from '../../contract/model.ts'
import type { OperationName } from '../../contract/operation.ts'
import type { RequestCategory } from '../../pools/provisioned-limits/request-categories.ts'
import { categoryOf } from './operation-categories.ts'

/** Where a request comes from: a caller with a valid signature, or an address, if it is known. */
export type RequestSource =
  | 'signed'
  | {
      readonly address: string | undefined
      /** Of an existing pool. The pool then has a bucket of its own, so that the requests about one pool do not use up the limit of others. */
      readonly poolId?: string | undefined
    }

/**
 * Counts a valid request against the limit of its category.
 *
 * @throws ApiError TooManyRequestsException past the limit, or ThrottlingException where the operation's model lacks that error
 */
export type Throttle = (operation: OperationName | StsAction, source: RequestSource) => void

export const noThrottle: Throttle = () => undefined

/**
 * The operations that answer challenges. A sign-in starts once and may have several challenges. So answers have a bucket of their own, with
 * three times the limit of their category.
 */
const answers: ReadonlySet<OperationName | StsAction> = new Set(['RespondToAuthChallenge', 'AdminRespondToAuthChallenge'])
const answersPerStart = 3

/** The share of a category's limit that is guaranteed to each address. */
const addressShare = 0.1
/** The part of the next second's limit that requests of addresses within their share may use up in advance. */
const advanceShare = 0.5

/** The most shares in memory, each of one address in one bucket. If the share of an address is forgotten, the address gets a full one. */
const mostShares = 10_000

type Options = {
  readonly clock: Clock
  readonly limitOf: (category: RequestCategory) => number
  /** Called for each request that is refused. */
  readonly countThrottled: (category: RequestCategory) => void
}

/**
 * Token buckets of one second's requests. Each category has one for signed requests and one for all others, so that unsigned requests
 * cannot use up the limit of administrators. Nor can one address use up the limit of the others: an address within its share may borrow
 * from an empty bucket, up to half a second's requests, and the addresses over their share then wait for longer.
 *
 * The buckets are in the memory of this process, which makes them cheap. So two processes together allow twice the limit.
 */
export function createThrottle({ clock, limitOf, countThrottled }: Options): Throttle {
  const buckets = new Map<string, Bucket>()
  const shares = new Map<string, Bucket>()

  function bucketOf(name: string, perSecond: number, now: number): Bucket {
    const bucket = buckets.get(name) ?? { tokens: perSecond, filledAt: now }
    buckets.set(name, bucket)
    return fill(bucket, perSecond, now)
  }

  /** Counts the request against the address's share. False when the share is used up. */
  function takeFromShare(name: string, address: string, perSecond: number, now: number): boolean {
    const key = `${name} ${address}`
    const most = Math.max(1, perSecond * addressShare)
    const share = fill(shares.get(key) ?? { tokens: most, filledAt: now }, most, now)
    // Moves the share to the end of the map, so that the share that was not used for the longest time comes first.
    shares.delete(key)
    shares.set(key, share)
    if (shares.size > mostShares) shares.delete(shares.keys().next().value ?? '')
    return take(share, 1)
  }

  return (operation, source) => {
    const category = categoryOf.get(operation)
    if (category === undefined) return
    const isAnswer = answers.has(operation)
    const perSecond = limitOf(category) * (isAnswer ? answersPerStart : 1)
    const name = `${category}${isAnswer ? ' answers' : ''}${source === 'signed' ? ' signed' : ''}${poolOf(source)}`
    const now = clock.now()
    const bucket = bucketOf(name, perSecond, now)
    const mayBorrow = source !== 'signed' && takeFromShare(name, networkOf(source.address), perSecond, now)
    if (take(bucket, mayBorrow ? 1 - perSecond * advanceShare : 1)) return
    countThrottled(category)
    throw tooMany(operation)
  }
}

const poolOf = (source: RequestSource): string => (source === 'signed' || source.poolId === undefined ? '' : ` ${source.poolId}`)

type Bucket = { tokens: number; filledAt: number }

function fill(bucket: Bucket, perSecond: number, now: number): Bucket {
  const seconds = Math.max(now - bucket.filledAt, 0) / 1000
  bucket.tokens = Math.min(bucket.tokens + seconds * perSecond, perSecond)
  bucket.filledAt = now
  return bucket
}

/** Takes a token if the bucket has at least `least` of them. `least` may be below zero: then the bucket may owe tokens. */
function take(bucket: Bucket, least: number): boolean {
  if (bucket.tokens < least) return false
  bucket.tokens -= 1
  return true
}

/** The error past a limit: ThrottlingException, which every AWS service has, where an operation's model lacks TooManyRequestsException. */
function tooMany(operation: OperationName | StsAction): ApiError {
  const isListed = !isStsAction(operation) && definitionOf(operation).errors.includes('TooManyRequestsException')
  return new ApiError(isListed ? 'TooManyRequestsException' : 'ThrottlingException', 'Rate exceeded')
}
