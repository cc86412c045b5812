import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { definitionOf } from '../../contract/model.ts'
import type { OperationName } from '../../contract/operation.ts'
import type { RequestCategory } from '../../pools/provisioned-limits/request-categories.ts'
import { networkOf } from '../client-address.ts'
import { categoryOf } from './operation-categories.ts'

/** Who asks: a caller whose signature was right, or a stranger at an address, as far as it is known. */
export type Asker = 'signed' | { readonly address: string | undefined }

/**
 * Counts a valid request against the limit of its category.
 * @throws ApiError TooManyRequestsException, or ThrottlingException where the operation does not know it
 */
export type Throttle = (operation: OperationName, asker: Asker) => void

export const noThrottle: Throttle = () => undefined

/** A sign-in starts once and may be asked several things: answers have three times the limit, and a bucket of their own. */
const answers: ReadonlySet<OperationName> = new Set(['RespondToAuthChallenge', 'AdminRespondToAuthChallenge'])
const answersForOneStart = 3

/** The share of a category that each address has for itself, and what the requests within it may take of the next second. */
const shareOfAddress = 0.1
const advance = 0.5

/** Addresses that are remembered. One that is forgotten starts with a full share. */
const mostAddresses = 10_000

/**
 * Token buckets of one second's requests: one for the signed requests of each category and one for all others. Strangers cannot use up what
 * administrators have, nor one stranger what the others have: an address that stays within its share may go ahead when the bucket is
 * empty, up to half a second's requests, which those that ask for more then wait for.
 *
 * The buckets know of this process only, which keeps them to a few steps: several processes together take as many times more.
 */
export function createThrottle({ clock, limitOf }: { clock: Clock; limitOf: (category: RequestCategory) => number }): Throttle {
  const buckets = new Map<string, Bucket>()
  const shares = new Map<string, Bucket>()

  function bucketOf(name: string, perSecond: number, now: number): Bucket {
    const bucket = buckets.get(name) ?? { tokens: perSecond, filledAt: now }
    buckets.set(name, bucket)
    return fill(bucket, perSecond, now)
  }

  /** Whether the address is within its share; if so, this request is counted. */
  function isModest(name: string, address: string, perSecond: number, now: number): boolean {
    const key = `${name} ${address}`
    const most = Math.max(1, perSecond * shareOfAddress)
    const share = fill(shares.get(key) ?? { tokens: most, filledAt: now }, most, now)
    // Put at the end, so that the address that was silent for the longest is the first.
    shares.delete(key)
    shares.set(key, share)
    if (shares.size > mostAddresses) shares.delete(shares.keys().next().value ?? '')
    return take(share, 1)
  }

  return (operation, asker) => {
    const category = categoryOf.get(operation)
    if (category === undefined) return
    const isAnswer = answers.has(operation)
    const perSecond = limitOf(category) * (isAnswer ? answersForOneStart : 1)
    const name = `${category}${isAnswer ? ' answers' : ''}${asker === 'signed' ? ' signed' : ''}`
    const now = clock.now()
    const bucket = bucketOf(name, perSecond, now)
    const goesAhead = asker !== 'signed' && isModest(name, networkOf(asker.address), perSecond, now)
    if (!take(bucket, goesAhead ? 1 - perSecond * advance : 1)) throw tooMany(operation)
  }
}

type Bucket = { tokens: number; filledAt: number }

function fill(bucket: Bucket, perSecond: number, now: number): Bucket {
  const seconds = Math.max(now - bucket.filledAt, 0) / 1000
  bucket.tokens = Math.min(bucket.tokens + seconds * perSecond, perSecond)
  bucket.filledAt = now
  return bucket
}

/** Takes a token if there are at least so many, which may be less than one. */
function take(bucket: Bucket, least: number): boolean {
  if (bucket.tokens < least) return false
  bucket.tokens -= 1
  return true
}

/** Some operations' models know no error of that name; every AWS service knows the other one. */
function tooMany(operation: OperationName): ApiError {
  const isListed = definitionOf(operation).errors.includes('TooManyRequestsException')
  return new ApiError(isListed ? 'TooManyRequestsException' : 'ThrottlingException', 'Rate exceeded')
}
