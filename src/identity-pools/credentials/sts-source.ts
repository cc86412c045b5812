import { AssumeRoleWithWebIdentityCommand, STSClient, STSServiceException } from '@aws-sdk/client-sts'
import { guestPolicyDocument } from '../../access/sessions/guest-policies.ts'
import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { SigningKeys } from '../../tokens/signing-keys.ts'
import { issueIdentityToken } from '../tokens/identity-token.ts'
import { wrongRoles } from './choose-role.ts'
import { type CredentialsSource, lifetimeSeconds, sessionName } from './credentials-source.ts'

export type StsOptions = {
  /** The address of the STS, without a slash at its end. */
  readonly url: string
  readonly region: string
  readonly clock: Clock
  readonly publicUrl: string
  readonly signingKeys: SigningKeys
  /** Runs work that a request only waits for; see Admission in web/overload. */
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
}

const connectionTimeout = 2_000
const requestTimeout = 5_000

/** The STS reads the token at once. */
const tokenSeconds = 300

/** Another STS gives the credentials: one that trusts the tokens of this server, such as AWS's, MinIO's or Ceph's. */
export function stsSource({ url, region, withoutSlot, ...deps }: StsOptions): { readonly source: CredentialsSource; close(): void } {
  // The call carries no signature, so the client needs no credentials.
  const client = new STSClient({
    endpoint: url,
    region,
    maxAttempts: 1,
    requestHandler: { connectionTimeout, requestTimeout, throwOnRequestTimeout: true },
  })

  const source: CredentialsSource = async ({ pool, id, isGuest, amr, principalTags }, roleArn) => {
    const token = await issueIdentityToken(deps, { poolId: pool.id, identityId: id, amr, principalTags, lifetimeSeconds: tokenSeconds })
    const command = new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      WebIdentityToken: token,
      DurationSeconds: lifetimeSeconds,
      Policy: isGuest ? guestPolicyDocument : undefined,
    })
    const { Credentials: given } = await withoutSlot(() =>
      client.send(command, { abortSignal: AbortSignal.timeout(requestTimeout) }),
    ).catch(explain)
    const { AccessKeyId: keyId, SecretAccessKey: secret, SessionToken: sessionToken, Expiration: expiration } = given ?? {}
    if (keyId === undefined || secret === undefined || sessionToken === undefined || expiration === undefined) throw notResponding()
    return { keyId, secret, sessionToken, expiresAt: expiration.getTime() }
  }
  return { source, close: () => client.destroy() }
}

/** Errors that name the caller at fault, although a later attempt may succeed: the STS did not reach our keys, or has too much to do. */
const passing = new Set(['IDPCommunicationError', 'IDPCommunicationErrorException', 'Throttling', 'ThrottlingException', 'SlowDown'])

/** An STS that answers with a fault of the caller refuses the role. Anything else is a fault of the STS or of the way to it. */
function explain(error: unknown): never {
  const refuses = error instanceof STSServiceException && error.$fault === 'client' && !passing.has(error.name)
  throw refuses ? wrongRoles(error) : notResponding(error)
}

function notResponding(cause?: unknown): ApiError {
  return new ApiError('ExternalServiceException', 'The service that gives credentials did not respond as expected.', { cause })
}
