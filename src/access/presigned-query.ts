import { parseTimestamp, readSignatureParts, type SignatureClaim } from './authorization-header.ts'
import { RequestRefusal } from './request-refusal.ts'
import { headerValues, type RequestHead } from './signed-request.ts'

/** What a presigned URL says about its signature. */
export type PresignedClaim = {
  readonly claim: SignatureClaim
  readonly sessionToken: string | undefined
  /** The request without the parameter X-Amz-Signature, which the signature does not cover. */
  readonly head: RequestHead
  /** What stands for the body in the signature, when the client says so. */
  readonly claimedHash: string | undefined
  /** When the URL expires, in epoch milliseconds. */
  readonly endsAt: number
}

/** The longest time for which a URL can be presigned: seven days, in seconds. */
const longestSeconds = 604_800
const skewMilliseconds = 5 * 60_000

/** A URL with any of these parameters is a presigned URL. */
const marks = new Set(['x-amz-algorithm', 'x-amz-credential', 'x-amz-signature'])

/** Whether the query has a part of a signature, in whatever case and encoding. */
export function isPresigned(query: string): boolean {
  return query !== '' && pairsOf(query).some(({ name }) => marks.has(name.toLowerCase()))
}

/**
 * Reads the signature of a presigned URL (Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters").
 * @throws RequestRefusal when a parameter is missing, repeated or malformed, the URL is expired, or there is an Authorization header as well
 */
export function readPresignedClaim(request: RequestHead, now: number): PresignedClaim {
  if (headerValues(request.headers, 'authorization').length > 0) {
    throw new RequestRefusal('InvalidArgument', 'Only one auth mechanism is allowed: the Authorization header or the query string.')
  }
  const pairs = pairsOf(request.query)
  const parameters = signatureParameters(pairs)
  const claim = readClaim(parameters)
  const endsAt = requireLasting(claim, required(parameters, 'X-Amz-Expires'), now)
  const query = pairs
    .filter(({ name }) => name !== 'X-Amz-Signature')
    .map(({ text }) => text)
    .join('&')
  const [sentHash, ...others] = headerValues(request.headers, 'x-amz-content-sha256')
  if (others.length > 0) throw malformed('The header x-amz-content-sha256 must not be sent more than once.')
  return {
    claim,
    sessionToken: parameters.get('X-Amz-Security-Token'),
    head: { ...request, query },
    claimedHash: sentHash ?? parameters.get('X-Amz-Content-Sha256'),
    endsAt,
  }
}

type Pair = { readonly text: string; readonly name: string; readonly value: string }

function pairsOf(query: string): readonly Pair[] {
  return query.split('&').map((text) => {
    const at = text.indexOf('=')
    const [name, value] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
    return { text, name: decode(name), value: decode(value) }
  })
}

/** Text that cannot be decoded is refused later, with the signature. */
function decode(text: string): string {
  try {
    return text.includes('%') ? decodeURIComponent(text) : text
  } catch {
    return text
  }
}

/** The parameters that begin with X-Amz-. Their case counts, and each may be there once. */
function signatureParameters(pairs: readonly Pair[]): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  const seen = new Set<string>()
  for (const { name, value } of pairs) {
    const lower = name.toLowerCase()
    if (!lower.startsWith('x-amz-')) continue
    if (seen.has(lower)) throw malformed(`The query parameter ${name} is there more than once.`)
    seen.add(lower)
    parameters.set(name, value)
  }
  return parameters
}

function readClaim(parameters: ReadonlyMap<string, string>): SignatureClaim {
  const algorithm = required(parameters, 'X-Amz-Algorithm')
  if (algorithm !== 'AWS4-HMAC-SHA256') throw malformed('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256".')
  const time = parseTimestamp(required(parameters, 'X-Amz-Date'))
  if (time === undefined) throw malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\".")
  const parts = readSignatureParts(required(parameters, 'X-Amz-Credential'), required(parameters, 'X-Amz-SignedHeaders'))
  return { ...parts, ...time, signature: required(parameters, 'X-Amz-Signature'), dateHeader: 'x-amz-date' }
}

/** When the URL expires. */
function requireLasting({ signedAt }: SignatureClaim, expires: string, now: number): number {
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > longestSeconds) {
    throw malformed(`X-Amz-Expires must be a number of seconds from 1 to ${longestSeconds}.`)
  }
  if (signedAt > now + skewMilliseconds) throw new RequestRefusal('RequestTimeTooSkewed', 'The URL is presigned for the future.')
  const endsAt = signedAt + Number(expires) * 1000
  if (endsAt <= now) throw new RequestRefusal('RequestExpired', 'Request has expired')
  return endsAt
}

function required(parameters: ReadonlyMap<string, string>, name: string): string {
  const value = parameters.get(name)
  if (value === undefined || value === '') throw malformed(`The query parameter ${name} is missing.`)
  return value
}

const malformed = (message: string) => new RequestRefusal('AuthorizationQueryParametersError', message)
