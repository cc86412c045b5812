import type { FindCredential, SigningPrincipal } from '../../access/credential.ts'
import { authenticateRequest } from '../../access/request-signature.ts'
import type { RequestHead } from '../../access/signed-request.ts'
import type { Clock } from '../../base/clock.ts'
import { ApiError, type ErrorCode } from '../../contract/api-error.ts'
import type { DecisionReasonType, RequestPrincipalType } from '../../contract/generated/types.ts'
import { RefusedCredentials, type Requester } from './requester.ts'

export type SignerDeps = { readonly clock: Clock; readonly findCredential: FindCredential }

/**
 * Who signed a request.
 * @throws RefusedCredentials when the signature is missing or wrong
 */
export async function identifySigner(
  { clock, findCredential }: SignerDeps,
  request: RequestHead,
  payloadHash: string | undefined,
): Promise<Requester> {
  try {
    const { credential, isPayloadSigned } = await authenticateRequest(request, { now: clock.now(), findCredential, payloadHash })
    const { id, principal, expiresAt } = credential
    return { principal, isPayloadSigned, expiresAt, description: describe(id, principal) }
  } catch (error) {
    const reason = error instanceof ApiError ? reasons[error.code] : undefined
    throw reason === undefined ? error : new RefusedCredentials(reason, (error as ApiError).message)
  }
}

const reasons: Partial<Record<ErrorCode, DecisionReasonType>> = {
  MissingAuthenticationTokenException: 'NO_CREDENTIALS',
  IncompleteSignatureException: 'INVALID_SIGNATURE',
  InvalidSignatureException: 'INVALID_SIGNATURE',
  UnrecognizedClientException: 'INVALID_CREDENTIALS',
  ExpiredTokenException: 'EXPIRED',
  RequestExpired: 'EXPIRED',
}

function describe(keyId: string, { session, ...principal }: SigningPrincipal): RequestPrincipalType {
  return {
    Kind: session === undefined ? 'ACCESS_KEY' : 'ROLE_SESSION',
    Arn: principal.arn,
    PrincipalId: principal.userId,
    AccountId: principal.accountId,
    AccessKeyId: keyId,
    RoleArn: session?.roleArn,
    IdentityPoolId: session?.identity?.poolId,
    IdentityId: session?.identity?.id,
    Tags: session === undefined || Object.keys(session.tags).length === 0 ? undefined : session.tags,
  }
}
