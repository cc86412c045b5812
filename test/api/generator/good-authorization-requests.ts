import type { OperationName } from '../../../src/contract/operation.ts'
import { policyDocument, putRole, roleArn, trustOfIdentityPool } from '../../support/roles.ts'
import type { RequestFactory } from './request-factory.ts'
import type { World } from './world.ts'

const trust = trustOfIdentityPool('us-east-1:12345678-90ab-cdef-1234-567890abcdef')
const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::files/*' }

const newRole = async ({ server, newName }: World) => ({ RoleArn: await putRole(server, newName(), trust, [read]) })

/** Requests for roles, and for the decision about a request to another service. */
export const authorizationRequests: Partial<Record<OperationName, RequestFactory>> = {
  // A request that is not allowed is a good one: the answer says so.
  AuthorizeRequest: () => ({
    Method: 'GET',
    Path: '/files/a?b=c',
    Headers: { host: ['files.example'], authorization: ['Bearer x'] },
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::files/a',
    Context: { 's3:prefix': ['a'] },
  }),
  DeleteRole: newRole,
  GetRole: newRole,
  PutRole: ({ newName }) => ({
    RoleArn: roleArn(newName()),
    TrustPolicy: policyDocument(trust),
    Policies: { read: policyDocument(read) },
    Description: 'reads',
    MaxSessionSeconds: 7200,
  }),
}
