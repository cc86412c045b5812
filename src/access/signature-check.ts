import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { ApiError } from '../contract/api-error.ts'
import { type SignatureClaim, writeTimestamp } from './authorization-header.ts'
import { type CanonicalForm, canonicalRequest } from './canonical-request.ts'
import type { Credential } from './credential.ts'
import type { RequestHead } from './signed-request.ts'

const skewMinutes = 5
const terminator = 'aws4_request'

/**
 * Checks that a signature covers a request: the method, the path, the query, the signed headers and `bodyHash`, which stands for the body.
 * @throws ApiError InvalidSignatureException when it does not
 * @throws ApiError ExpiredTokenException when the credential has expired
 */
export function requireSignature(
  request: RequestHead,
  claim: SignatureClaim,
  credential: Credential,
  { bodyHash, now, form }: { readonly bodyHash: string; readonly now: number; readonly form: CanonicalForm },
): void {
  const stringToSign = writeStringToSign(claim, canonical(request, claim, bodyHash, form))
  if (!equals(hmac(signingKey(credential, claim), stringToSign).toString('hex'), claim.signature)) throw mismatch()
  if (credential.expiresAt !== undefined && credential.expiresAt <= now) {
    throw new ApiError('ExpiredTokenException', 'The security token included in the request is expired')
  }
}

/** @throws ApiError InvalidSignatureException when the signature was made too long ago, or in the future */
export function requireCurrent(claim: SignatureClaim, now: number): void {
  const window = skewMinutes * 60_000
  if (claim.signedAt < now - window) {
    const earliest = writeTimestamp(now - window)
    throw invalid(`Signature expired: ${claim.timestamp} is now earlier than ${earliest} (${writeTimestamp(now)} - ${skewMinutes} min.)`)
  }
  if (claim.signedAt > now + window) {
    const latest = writeTimestamp(now + window)
    throw invalid(
      `Signature not yet current: ${claim.timestamp} is still later than ${latest} (${writeTimestamp(now)} + ${skewMinutes} min.)`,
    )
  }
}

/** What is wrong with the parts of the credential scope that do not depend on the service. */
export function scopeFaults({ terminator: claimed, timestamp, date }: SignatureClaim): readonly string[] {
  const faults: string[] = []
  if (claimed !== terminator) faults.push(`Credential should be scoped with a valid terminator: '${terminator}'.`)
  const signedOn = timestamp.slice(0, 8)
  if (date !== signedOn) {
    faults.push(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${signedOn}', from '${timestamp}'.`,
    )
  }
  return faults
}

function canonical(head: RequestHead, claim: SignatureClaim, bodyHash: string, form: CanonicalForm): string {
  try {
    return canonicalRequest(head, claim.signedHeaders, bodyHash, form)
  } catch (error) {
    if (error instanceof URIError) throw invalid('The path or the query string is not valid percent-encoding.')
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

export function sha256(content: string | Buffer): string {
  return hash('sha256', content, 'hex')
}

/** Compares in constant time. */
function equals(a: string, b: string): boolean {
  const [bytesA, bytesB] = [Buffer.from(a), Buffer.from(b)]
  return bytesA.length === bytesB.length && timingSafeEqual(bytesA, bytesB)
}

export function invalid(message: string): ApiError {
  return new ApiError('InvalidSignatureException', message)
}

export function mismatch(): ApiError {
  return invalid(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  )
}

export function unrecognizedClient(): ApiError {
  return new ApiError('UnrecognizedClientException', 'The security token included in the request is invalid.')
}
