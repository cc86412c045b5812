import { ApiError } from '../contract/api-error.ts'
import { readCredential, readSignedHeaders, readTimestamp, type SignatureClaim } from './authorization-header.ts'

/** A signature in the query of a request ("presigned URL"). Nothing here is verified yet. */
export type PresignedClaim = {
  readonly claim: SignatureClaim
  /** The query that the signature covers: all of it but the signature. */
  readonly query: string
  readonly sessionToken: string | undefined
  readonly contentHash: string | undefined
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Seven days, as at AWS. */
const longestSeconds = 604_800

const signatureName = 'X-Amz-Signature'

/**
 * Reads a signature in the query. Undefined when the query has none.
 * @throws ApiError IncompleteSignatureException when the signature is not complete enough to be checked
 */
export function readPresignedClaim(query: string): PresignedClaim | undefined {
  if (!query.includes(`${signatureName}=`)) return undefined
  const parameters = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (name.startsWith('X-Amz-') && parameters.has(name)) throw incomplete(`The query has the parameter ${name} twice.`)
    parameters.set(name, value)
  }
  const signature = parameters.get(signatureName)
  if (signature === undefined) return undefined
  const [algorithm, credential, date, signedHeaders, expires] = [
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Date',
    'X-Amz-SignedHeaders',
    'X-Amz-Expires',
  ].map((name) => {
    const value = parameters.get(name)
    if (value === undefined) throw incomplete(`AWS query-string parameters must include '${name}'.`)
    return value
  }) as [string, string, string, string, string]
  if (algorithm !== 'AWS4-HMAC-SHA256') throw incomplete("Only 'AWS4-HMAC-SHA256' is supported in 'X-Amz-Algorithm'.")
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > longestSeconds) {
    throw incomplete(`X-Amz-Expires must be a number of seconds from 1 to ${longestSeconds}.`)
  }
  const claim: SignatureClaim = {
    ...readCredential(credential),
    ...readTimestamp(date),
    signedHeaders: readSignedHeaders(signedHeaders),
    signature,
    dateHeader: 'x-amz-date',
  }
  return {
    claim,
    query: query
      .split('&')
      .filter((pair) => !pair.startsWith(`${signatureName}=`))
      .join('&'),
    sessionToken: parameters.get('X-Amz-Security-Token'),
    contentHash: parameters.get('X-Amz-Content-Sha256'),
    expiresAt: claim.signedAt + Number(expires) * 1000,
  }
}

function incomplete(message: string): ApiError {
  return new ApiError('IncompleteSignatureException', message)
}
