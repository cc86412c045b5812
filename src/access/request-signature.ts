import { ApiError } from '../contract/api-error.ts'
import { readSignatureClaim, type SignatureClaim, singleHeader } from './authorization-header.ts'
import type { Credential, FindCredential } from './credential.ts'
import { readPresignedClaim } from './presigned-query.ts'
import { invalid, mismatch, requireCurrent, requireSignature, scopeFaults, sha256, unrecognizedClient } from './signature-check.ts'
import type { RequestHead } from './signed-request.ts'

/** A request that another service received, and whose signature is right. */
export type AuthenticatedRequest = {
  readonly credential: Credential
  /** False when the signature does not cover the body, or the service gave no hash of the body that arrived. */
  readonly isPayloadSigned: boolean
}

type Context = {
  /** Epoch milliseconds. */
  readonly now: number
  readonly findCredential: FindCredential
  /** The SHA-256 of the body that the service received, in lower-case hexadecimal digits. */
  readonly payloadHash: string | undefined
}

const emptyHash = sha256('')

/**
 * Verifies a signature of version 4 on a request to any service: in the Authorization header or in the query.
 * @throws ApiError MissingAuthenticationTokenException when there is no signature
 * @throws ApiError IncompleteSignatureException when the signature is not complete enough to be checked, or there are two
 * @throws ApiError InvalidSignatureException when it does not cover the request
 * @throws ApiError UnrecognizedClientException when there is no such credential, or its session was ended
 * @throws ApiError ExpiredTokenException when the credential has expired
 * @throws ApiError RequestExpired when a signature in the query is too old
 */
export async function authenticateRequest(request: RequestHead, context: Context): Promise<AuthenticatedRequest> {
  const presigned = readPresignedClaim(request.query)
  const isHeaderSigned = singleHeader(request.headers, 'authorization') !== undefined
  if (presigned !== undefined && isHeaderSigned) {
    throw new ApiError('IncompleteSignatureException', 'A request must not have both an Authorization header and a signature in its query.')
  }
  if (presigned === undefined) {
    const claim = readSignatureClaim(request.headers)
    requireCurrent(claim, context.now)
    const payload = payloadOf(singleHeader(request.headers, 'x-amz-content-sha256'), context.payloadHash, emptyHash)
    return authenticate(request, { claim, sessionToken: singleHeader(request.headers, 'x-amz-security-token') }, payload, context)
  }
  const { claim, query, sessionToken, contentHash, expiresAt } = presigned
  if (claim.signedAt > context.now) requireCurrent(claim, context.now)
  if (context.now >= expiresAt) throw new ApiError('RequestExpired', 'Request has expired')
  const payload = payloadOf(contentHash, context.payloadHash, claim.service === 's3' ? unsigned : emptyHash)
  return authenticate({ ...request, query }, { claim, sessionToken }, payload, context)
}

const unsigned = 'UNSIGNED-PAYLOAD'

type Payload = { readonly bodyHash: string; readonly isSigned: boolean }

/**
 * What the signature covers in the place of the body. `claimed` is what the client says: the hash of the body, or that the body is not
 * signed. Without it, it is the hash of the body; `otherwise` where the service gave none.
 */
function payloadOf(claimed: string | undefined, payloadHash: string | undefined, otherwise: string): Payload {
  if (claimed === undefined) {
    if (otherwise === unsigned) return { bodyHash: unsigned, isSigned: false }
    return { bodyHash: payloadHash ?? otherwise, isSigned: payloadHash !== undefined }
  }
  if (claimed === unsigned || claimed.startsWith('STREAMING-')) return { bodyHash: claimed, isSigned: false }
  if (payloadHash !== undefined && payloadHash !== claimed) throw mismatch()
  return { bodyHash: claimed, isSigned: payloadHash !== undefined }
}

type Signer = { readonly claim: SignatureClaim; readonly sessionToken: string | undefined }

async function authenticate(
  request: RequestHead,
  { claim, sessionToken }: Signer,
  { bodyHash, isSigned }: Payload,
  { findCredential, now }: Context,
): Promise<AuthenticatedRequest> {
  requireCoveredHeaders(request, claim)
  const [fault] = scopeFaults(claim)
  if (fault !== undefined) throw invalid(fault)
  const credential = await findCredential(claim.keyId, sessionToken)
  if (credential === undefined) throw unrecognizedClient()
  requireSignature(request, claim, credential, { bodyHash, now, form: claim.service === 's3' ? 's3' : 'normalized' })
  return { credential, isPayloadSigned: isSigned }
}

/** Services act on the host and on the headers `x-amz-…`, so the signature has to cover all of them. */
function requireCoveredHeaders({ headers }: RequestHead, { signedHeaders, dateHeader }: SignatureClaim): void {
  const names = Object.keys(headers).filter((name) => name === 'host' || name === dateHeader || name.startsWith('x-amz-'))
  const uncovered = ['host', ...names].find((name) => !signedHeaders.includes(name))
  if (uncovered !== undefined) throw invalid(`'${uncovered}' must be a 'SignedHeader' in the AWS Authorization.`)
  if (singleHeader(headers, 'host') === undefined) throw invalid("The request has no 'Host' header.")
}
