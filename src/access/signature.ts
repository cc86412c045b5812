import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ApiError } from '../contract/api-error.ts'
import { readSignatureClaim, type SignatureClaim, singleHeader, writeTimestamp } from './authorization-header.ts'
import { canonicalRequest } from './canonical-request.ts'
import type { Credential, FindCredential } from './credential.ts'
import type { Headers, RequestHead } from './signed-request.ts'

type VerificationContext = {
  /** Epoch milliseconds. */
  readonly now: number
  /** The services that the credential scope may name. */
  readonly services: readonly string[]
  /** The region that the credential scope must name. Undefined accepts any region. */
  readonly region: string | undefined
  readonly findCredential: FindCredential
}

const skewMinutes = 5
const terminator = 'aws4_request'

/**
 * The headers that must be signed when they are sent: this server acts on them, and unsigned ones could be changed on the way. Other
 * headers need not be signed, because proxies add some.
 */
const headersToSign = ['host', 'x-amz-date', 'date', 'x-amz-target', 'x-amz-security-token', 'x-amz-content-sha256']

/** A signature whose access key exists. It proves nothing until `verify` has checked the body. */
export type PendingSignature = {
  /**
   * The credential that made the signature.
   * @throws ApiError InvalidSignatureException when the signature does not cover this body
   * @throws ApiError ExpiredTokenException when the credential has expired
   */
  verify(body: Buffer): Credential
}

/**
 * Checks everything of an AWS Signature Version 4 in the Authorization header that does not need the body. So a caller without a key is
 * refused before the body is read. A request can be replayed within the clock skew of five minutes, because the protocol has no nonce. The
 * codes and texts of the errors are AWS's.
 * @throws ApiError MissingAuthenticationTokenException when there is no signature
 * @throws ApiError IncompleteSignatureException when the signature is not complete enough to be checked
 * @throws ApiError InvalidSignatureException when its time, scope or signed headers are wrong
 * @throws ApiError UnrecognizedClientException when the key does not exist, or the session token is missing, wrong or not expected
 */
export async function readSignature(head: RequestHead, context: VerificationContext): Promise<PendingSignature> {
  refuseQueryForm(head.query)
  const claim = readSignatureClaim(head.headers)
  requireCurrent(claim, context.now)
  requireSignedHeaders(head, claim)
  requireScope(claim, context)
  const claimedBodyHash = readClaimedBodyHash(head.headers)
  const key = await context.findCredential(claim.keyId, singleHeader(head.headers, 'x-amz-security-token'))
  if (key === undefined) throw unrecognizedClient()

  return {
    verify(body) {
      const bodyHash = sha256(body)
      // The signature must cover the body that arrived, so a hash that the client claims must be that body's hash.
      if (claimedBodyHash !== undefined && claimedBodyHash !== bodyHash) throw mismatch()
      const stringToSign = writeStringToSign(claim, canonical(head, claim, bodyHash))
      if (!equals(hmac(signingKey(key, claim), stringToSign).toString('hex'), claim.signature)) throw mismatch()
      if (key.expiresAt !== undefined && key.expiresAt <= context.now) {
        throw new ApiError('ExpiredTokenException', 'The security token included in the request is expired')
      }
      return key
    },
  }
}

/** Refuses signatures in the query ("presigned" requests). AWS accepts them, but no client of these services makes them. */
function refuseQueryForm(query: string): void {
  if (/(?:^|&)x-amz-(?:signature|algorithm|credential)=/i.test(query)) {
    throw new ApiError(
      'IncompleteSignatureException',
      'A signature in the query string is not accepted; sign the request with an Authorization header.',
    )
  }
}

function requireCurrent(claim: SignatureClaim, now: number): void {
  const window = skewMinutes * 60_000
  const [earliest, latest] = [now - window, now + window].map(writeTimestamp)
  if (claim.signedAt < now - window) {
    throw invalid(`Signature expired: ${claim.timestamp} is now earlier than ${earliest} (${writeTimestamp(now)} - ${skewMinutes} min.)`)
  }
  if (claim.signedAt > now + window) {
    throw invalid(
      `Signature not yet current: ${claim.timestamp} is still later than ${latest} (${writeTimestamp(now)} + ${skewMinutes} min.)`,
    )
  }
}

function requireSignedHeaders(request: RequestHead, claim: SignatureClaim): void {
  if (!claim.signedHeaders.includes('host') || singleHeader(request.headers, 'host') === undefined) {
    throw invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
  }
  for (const name of headersToSign) {
    // With an `x-amz-date` header, the signature does not depend on `date`. Proxies set `date`, so it need not be signed then.
    if (name === 'date' && claim.dateHeader !== 'date') continue
    if (singleHeader(request.headers, name) !== undefined && !claim.signedHeaders.includes(name)) {
      throw invalid(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
    }
  }
}

function requireScope(claim: SignatureClaim, context: VerificationContext): void {
  const sentences: string[] = []
  if (context.region !== undefined && claim.region !== context.region) sentences.push('Credential should be scoped to a valid region.')
  if (!context.services.includes(claim.service)) {
    sentences.push(`Credential should be scoped to correct service: '${context.services.join("' or '")}'.`)
  }
  if (claim.terminator !== terminator) sentences.push(`Credential should be scoped with a valid terminator: '${terminator}'.`)
  const date = claim.timestamp.slice(0, 8)
  if (claim.date !== date) {
    sentences.push(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim.date}' != '${date}', from '${claim.timestamp}'.`,
    )
  }
  if (sentences.length > 0) throw invalid(sentences.join(' '))
}

function readClaimedBodyHash(headers: Headers): string | undefined {
  const claimed = singleHeader(headers, 'x-amz-content-sha256')
  if (claimed === 'UNSIGNED-PAYLOAD' || claimed?.startsWith('STREAMING-')) {
    throw invalid(`The body must be signed: 'x-amz-content-sha256' must be its SHA-256 in hexadecimal digits.`)
  }
  return claimed
}

function canonical(head: RequestHead, claim: SignatureClaim, bodyHash: string): string {
  try {
    return canonicalRequest(head, claim.signedHeaders, bodyHash)
  } catch (error) {
    if (error instanceof URIError) throw invalid('The query string is not valid percent-encoding.')
    throw error
  }
}

type KeyScope = Pick<SignatureClaim, 'date' | 'region' | 'service'>

function writeStringToSign(claim: SignatureClaim, canonicalText: string): string {
  const scope = `${claim.date}/${claim.region}/${claim.service}/${terminator}`
  return ['AWS4-HMAC-SHA256', claim.timestamp, scope, sha256(canonicalText)].join('\n')
}

/** The latest signing key that was derived from each credential. It can be garbage-collected once its credential is no longer cached. */
const derivedKeys = new WeakMap<Credential, KeyScope & { readonly bytes: Buffer }>()

function signingKey(key: Credential, { date, region, service }: KeyScope): Buffer {
  const cached = derivedKeys.get(key)
  if (cached?.date === date && cached.region === region && cached.service === service) return cached.bytes
  const bytes = deriveSigningKey(key.secret, { date, region, service })
  derivedKeys.set(key, { date, region, service, bytes })
  return bytes
}

function deriveSigningKey(secret: string, { date, region, service }: KeyScope): Buffer {
  return [date, region, service, terminator].reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${secret}`) as Buffer
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Compares in constant time. */
function equals(a: string, b: string): boolean {
  const [bytesA, bytesB] = [Buffer.from(a), Buffer.from(b)]
  return bytesA.length === bytesB.length && timingSafeEqual(bytesA, bytesB)
}

function invalid(message: string): ApiError {
  return new ApiError('InvalidSignatureException', message)
}

function mismatch(): ApiError {
  return invalid(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  )
}

function unrecognizedClient(): ApiError {
  return new ApiError('UnrecognizedClientException', 'The security token included in the request is invalid.')
}
