import { ApiError } from '../contract/api-error.ts'
import { readSignatureClaim, type SignatureClaim, singleHeader } from './authorization-header.ts'
import type { Credential, FindCredential } from './credential.ts'
import { isPresigned, type PresignedClaim, readPresignedClaim } from './presigned-query.ts'
import { RequestRefusal } from './request-refusal.ts'
import { requireCurrent, requireSignature, scopeFaults, sha256 } from './signature-check.ts'
import { headerValues, type RequestHead } from './signed-request.ts'

type VerificationContext = {
  /** Epoch milliseconds. */
  readonly now: number
  readonly findCredential: FindCredential
  /** The service and the region that the credential scope must name. Undefined accepts any. */
  readonly service: string | undefined
  readonly region: string | undefined
  /** The SHA-256 of the body that the service received, in lower-case hexadecimal digits. Undefined when the service has not computed it. */
  readonly payloadHash: string | undefined
  /** Whether the request has a body that the service has not seen, or may have one. A signature must then say which body it is for. */
  readonly hasUnseenBody: boolean
}

/** A request to another service whose signature covers it. */
export type VerifiedRequest = {
  readonly credential: Credential
  /** Whether the signature covers the body that the service received. */
  readonly payloadSigned: boolean
  /** When the credential or the presigned URL ends, whichever is earlier, in epoch milliseconds. */
  readonly expiresAt: number | undefined
}

/** What a signature in the Authorization header or in the query says. `endsAt` is there for a presigned URL only. */
type ReadClaim = Omit<PresignedClaim, 'endsAt'> & { readonly endsAt: number | undefined }

const emptyHash = sha256('')

/**
 * Verifies a request that another service received: signed in the Authorization header, or as a presigned URL (Amazon S3 API Reference,
 * "Authenticating Requests (AWS Signature Version 4)"). The gate of this server's own API is stricter; see `readSignature`.
 * @throws RequestRefusal when the request is not signed by a credential of this server
 */
export async function verifyServiceRequest(request: RequestHead, context: VerificationContext): Promise<VerifiedRequest> {
  const read = isPresigned(request.query)
    ? translating(() => readPresignedClaim(request, context.now))
    : readHeaderClaim(request, context.now)
  const { claim, head, sessionToken, endsAt } = read
  requirePlainPath(head, claim)
  requireSignedHeaders(head, claim)
  requireScope(claim, context)
  const credential = await context.findCredential(claim.keyId, sessionToken)
  if (credential === undefined) throw unknownCredential(claim, sessionToken)
  const { bodyHash, payloadSigned } = payloadOf(read, context)
  translating(() =>
    requireSignature(head, claim, credential, { bodyHash, now: context.now, form: claim.service === 's3' ? 's3' : 'normalized' }),
  )
  const ends = [credential.expiresAt, endsAt].filter((time) => time !== undefined)
  return { credential, payloadSigned, expiresAt: ends.length === 0 ? undefined : Math.min(...ends) }
}

function readHeaderClaim(head: RequestHead, now: number): ReadClaim {
  return translating(() => {
    const claim = readSignatureClaim(head.headers)
    refuseAs('RequestTimeTooSkewed', () => requireCurrent(claim, now))
    const sessionToken = singleHeader(head.headers, 'x-amz-security-token')
    return { claim, sessionToken, head, claimedHash: singleHeader(head.headers, 'x-amz-content-sha256'), endsAt: undefined }
  })
}

/**
 * A header that begins with `x-amz-` changes what a service does, so it has to be signed when it is sent (Amazon S3 API Reference, "Signature
 * Calculations"). The time has to be signed as well.
 */
function requireSignedHeaders({ headers }: RequestHead, { signedHeaders, dateHeader }: SignatureClaim): void {
  if (!signedHeaders.includes('host') || translating(() => singleHeader(headers, 'host')) === undefined) {
    throw new RequestRefusal('SignatureDoesNotMatch', "'host' must be sent and signed.")
  }
  for (const name of Object.keys(headers)) {
    const mustBeSigned = name.startsWith('x-amz-') || (name === 'date' && dateHeader === 'date')
    if (mustBeSigned && !signedHeaders.includes(name)) {
      throw new RequestRefusal('SignatureDoesNotMatch', `The header '${name}' was sent and is not signed.`)
    }
  }
  for (const name of signedHeaders) {
    if (headerValues(headers, name).length === 0) {
      throw new RequestRefusal('SignatureDoesNotMatch', `The header '${name}' is signed and was not sent.`)
    }
  }
}

/**
 * Outside of S3, several paths have one signature: `/public/../a` and `/a`, for instance. The service might open another path than the one
 * that the client signed, so that only the plain one of them is accepted. To S3, a path is the name of an object.
 */
function requirePlainPath({ path }: RequestHead, { service }: SignatureClaim): void {
  if (service !== 's3' && /\/(?:\/|(?:\.|%2e){1,2}(?:\/|$))/i.test(path)) {
    throw new RequestRefusal('InvalidArgument', "The path must have no segments '.' and '..', and no empty ones.")
  }
}

function requireScope(claim: SignatureClaim, { service, region }: VerificationContext): void {
  const faults = [...scopeFaults(claim)]
  if (service !== undefined && claim.service !== service) faults.push(`Credential should be scoped to the service '${service}'.`)
  if (region !== undefined && claim.region !== region) faults.push(`Credential should be scoped to the region '${region}'.`)
  if (faults.length > 0) throw new RequestRefusal('SignatureDoesNotMatch', faults.join(' '))
}

/** The text that stands for the body in the signature, and whether it is the hash of the body that the service received. */
function payloadOf({ claim, claimedHash, endsAt }: ReadClaim, { payloadHash, hasUnseenBody }: VerificationContext) {
  if (claimedHash === undefined) {
    if (claim.service === 's3' && endsAt !== undefined) return { bodyHash: 'UNSIGNED-PAYLOAD', payloadSigned: false }
    // Otherwise anyone on the way could add a body to a request that was signed without one.
    if (payloadHash === undefined && hasUnseenBody) {
      throw new RequestRefusal('SignatureDoesNotMatch', 'The request has a body, and the signature does not say which.')
    }
    return { bodyHash: payloadHash ?? emptyHash, payloadSigned: payloadHash !== undefined }
  }
  if (claimedHash === 'UNSIGNED-PAYLOAD' || /^STREAMING-[A-Z0-9-]{1,64}$/.test(claimedHash)) {
    return { bodyHash: claimedHash, payloadSigned: false }
  }
  if (!/^[0-9a-fA-F]{64}$/.test(claimedHash)) {
    throw new RequestRefusal(
      'InvalidArgument',
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-…, or a SHA-256 in hexadecimal digits.',
    )
  }
  if (payloadHash !== undefined && claimedHash.toLowerCase() !== payloadHash) {
    throw new RequestRefusal('XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.")
  }
  return { bodyHash: claimedHash, payloadSigned: payloadHash !== undefined }
}

function unknownCredential({ service }: SignatureClaim, sessionToken: string | undefined): RequestRefusal {
  if (sessionToken !== undefined) return new RequestRefusal('InvalidToken', 'The provided token is malformed or otherwise invalid.')
  return service === 's3'
    ? new RequestRefusal('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.')
    : new RequestRefusal('InvalidClientTokenId', 'The security token included in the request is invalid.')
}

const reasons: Readonly<Record<string, string>> = {
  InvalidSignatureException: 'SignatureDoesNotMatch',
  IncompleteSignatureException: 'IncompleteSignature',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  ExpiredTokenException: 'ExpiredToken',
}

/** Runs a check of the gate. Its errors become refusals under the names that AWS's services with XML use. */
function translating<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    const reason = error instanceof ApiError ? reasons[error.code] : undefined
    throw reason === undefined ? error : new RequestRefusal(reason, (error as ApiError).message)
  }
}

function refuseAs(reason: string, check: () => void): void {
  try {
    check()
  } catch (error) {
    throw error instanceof ApiError ? new RequestRefusal(reason, error.message) : error
  }
}
