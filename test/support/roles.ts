import { callLifeguard } from './lifeguard-operations.ts'
import type { TestServer } from './test-server.ts'

/** The ARN of a role of the test server's account. */
export const roleArn = (name: string): string => `arn:aws:iam::000000000000:role/${name}`

/** A statement of a trust policy that trusts the identities of an identity pool with this kind of `amr`. */
export const trustOfIdentityPool = (poolId: string, amr = 'authenticated') => ({
  Effect: 'Allow',
  Principal: { Federated: 'cognito-identity.amazonaws.com' },
  Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'],
  Condition: {
    StringEquals: { 'cognito-identity.amazonaws.com:aud': poolId },
    'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': amr },
  },
})

export const policyDocument = (...statements: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements })

/** Creates a role, or replaces it. `permissions` are the statements of its only policy. */
export async function putRole(
  server: Pick<TestServer, 'url'>,
  name: string,
  trust: object,
  permissions: readonly object[],
  more: object = {},
): Promise<string> {
  const request = {
    RoleArn: roleArn(name),
    TrustPolicy: policyDocument(trust),
    Policies: { main: policyDocument(...permissions) },
    ...more,
  }
  await callLifeguard(server, 'PutRole', request)
  return request.RoleArn
}
