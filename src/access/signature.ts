import { ApiError } from '../contract/api-error.ts'
import { readSignatureClaim, type SignatureClaim, singleHeader } from './authorization-header.ts'
import type { Credential, FindCredential } from './credential.ts'
import { invalid, mismatch, requireCurrent, requireSignature, scopeFaults, sha256, unrecognizedClient } from './signature-check.ts'
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
      requireSignature(head, claim, key, { bodyHash, now: context.now, form: 'normalized' })
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
  sentences.push(...scopeFaults(claim))
  if (sentences.length > 0) throw invalid(sentences.join(' '))
}

function readClaimedBodyHash(headers: Headers): string | undefined {
  const claimed = singleHeader(headers, 'x-amz-content-sha256')
  if (claimed === 'UNSIGNED-PAYLOAD' || claimed?.startsWith('STREAMING-')) {
    throw invalid(`The body must be signed: 'x-amz-content-sha256' must be its SHA-256 in hexadecimal digits.`)
  }
  return claimed
}
