import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { authorize, poolIdFromArn } from '../../src/access/authorize.ts'
import { readPolicy } from '../../src/access/read-policy.ts'
import { accessKeyPrincipal } from '../../src/access/request-keys.ts'
import { ApiError } from '../../src/contract/api-error.ts'
import { definitionOf, operationNames } from '../../src/contract/model.ts'
import type { OperationName } from '../../src/contract/operation.ts'

const accountId = '123456789012'
const poolArn = 'arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEf123'
const otherAccount = poolArn.replace('1234', '9876')
const otherRegion = poolArn.replace('us-east-1:', 'eu-west-1:')
const identityPoolId = 'us-east-1:12345678-90ab-cdef-1234-567890abcdef'
const identityPoolArn = `arn:aws:cognito-identity:us-east-1:123456789012:identitypool/${identityPoolId}`

const roleArn = 'arn:aws:iam::123456789012:role/path/reader'
const foreignRole = roleArn.replace('1234', '9876')

function keyWith(...statements: object[]) {
  return accessKeyPrincipal(accountId, { id: 'AKIAEXAMPLE', policy: readPolicy(JSON.stringify({ Statement: statements })) })
}

/** The action and the resource that `authorize` looks up in the policy of a key. The key here allows neither, and the error names both. */
function decidedOn(operation: OperationName, body: unknown): string[] {
  const key = keyWith({ Effect: 'Allow', Action: 'a:B', Resource: '*' })
  try {
    authorize(key, { operation, body, accountId })
  } catch (error) {
    assert.ok(error instanceof ApiError)
    return /perform: (\S+) on resource: (\S+) because/.exec(error.message)?.slice(1) ?? []
  }
  return assert.fail('The policy allowed the request.')
}

describe('authorize', () => {
  const request = { operation: 'ListUsers', body: { UserPoolId: 'us-east-1_AbCdEf123' }, accountId } as const

  it('accepts a request that a statement allows', () => {
    authorize(keyWith({ Effect: 'Allow', Action: 'cognito-idp:List*', Resource: poolArn }), request)
  })

  it("rejects a request that no statement allows, with AWS's text", () => {
    assert.throws(() => authorize(keyWith({ Effect: 'Allow', Action: 'cognito-idp:Admin*', Resource: '*' }), request), {
      code: 'AccessDeniedException',
      message: `User: arn:aws:iam::123456789012:access-key/AKIAEXAMPLE is not authorized to perform: cognito-idp:ListUsers on resource: ${poolArn} because no identity-based policy allows the cognito-idp:ListUsers action`,
    })
  })

  it("rejects a request that a statement denies, with AWS's text for an explicit deny", () => {
    const key = keyWith({ Effect: 'Allow', Action: '*', Resource: '*' }, { Effect: 'Deny', Action: '*', Resource: poolArn })
    assert.throws(() => authorize(key, request), {
      code: 'AccessDeniedException',
      message: `User: arn:aws:iam::123456789012:access-key/AKIAEXAMPLE is not authorized to perform: cognito-idp:ListUsers on resource: ${poolArn} with an explicit deny in an identity-based policy`,
    })
  })
})

describe('The resource of a request', () => {
  const ofPool = { UserPoolId: 'us-east-1_AbCdEf123' }
  const cases: [name: string, operation: OperationName, body: unknown, action: string, resource: string][] = [
    ['is the user pool', 'AdminGetUser', ofPool, 'cognito-idp:AdminGetUser', poolArn],
    ['is the user pool in an operation that only Lifeguard has, too', 'RotateSigningKeys', ofPool, 'lifeguard:RotateSigningKeys', poolArn],
    [
      'is the identity pool',
      'DescribeIdentityPool',
      { IdentityPoolId: identityPoolId },
      'cognito-identity:DescribeIdentityPool',
      identityPoolArn,
    ],
    ['is the user pool that the ARN in a tag operation names', 'TagResource', { ResourceArn: poolArn }, 'cognito-idp:TagResource', poolArn],
    [
      'is the identity pool that the ARN in a tag operation names',
      'identity:UntagResource',
      { ResourceArn: identityPoolArn },
      'cognito-identity:UntagResource',
      identityPoolArn,
    ],
    [
      'is the ARN in a tag operation, even if it names another account',
      'TagResource',
      { ResourceArn: otherAccount },
      'cognito-idp:TagResource',
      otherAccount,
    ],
    [
      'is the ARN in a tag operation, even if it names another region',
      'UntagResource',
      { ResourceArn: otherRegion },
      'cognito-idp:UntagResource',
      otherRegion,
    ],
    [
      'is the pool in the region that its id names',
      'AdminGetUser',
      { UserPoolId: 'eu-west-1_AbCdEf123' },
      'cognito-idp:AdminGetUser',
      'arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123',
    ],
    [
      'is everything when the ARN in a tag operation is of the other service',
      'TagResource',
      { ResourceArn: identityPoolArn },
      'cognito-idp:TagResource',
      '*',
    ],
    [
      'is everything when the ARN in a tag operation is invalid, even if the body also has a UserPoolId',
      'ListTagsForResource',
      { ...ofPool, ResourceArn: 'arn:x' },
      'cognito-idp:ListTagsForResource',
      '*',
    ],
    ['is the role', 'GetRole', { RoleArn: roleArn }, 'lifeguard:GetRole', roleArn],
    ['is the role that is created or replaced', 'PutRole', { RoleArn: roleArn }, 'lifeguard:PutRole', roleArn],
    ['is the role that is deleted', 'DeleteRole', { RoleArn: roleArn }, 'lifeguard:DeleteRole', roleArn],
    ['is the role of another account as sent', 'DeleteRole', { RoleArn: foreignRole }, 'lifeguard:DeleteRole', foreignRole],
    ['is everything when roles are listed', 'ListRoles', { RoleArn: roleArn }, 'lifeguard:ListRoles', '*'],
    ['is everything when the ARN is not that of a role', 'GetRole', { RoleArn: `${roleArn}/` }, 'lifeguard:GetRole', '*'],
    [
      'is everything when the name of the role is a pattern',
      'GetRole',
      { RoleArn: roleArn.replace('reader', '*') },
      'lifeguard:GetRole',
      '*',
    ],
    ['is everything when the ARN is a list', 'PutRole', { RoleArn: [roleArn] }, 'lifeguard:PutRole', '*'],
    ["is the group's user pool, and not its role", 'CreateGroup', { ...ofPool, RoleArn: roleArn }, 'cognito-idp:CreateGroup', poolArn],
    ['is everything when the operation is not about a pool', 'ListUserPools', {}, 'cognito-idp:ListUserPools', '*'],
    ['is everything when the body is not an object', 'AdminGetUser', 'us-east-1_AbCdEf123', 'cognito-idp:AdminGetUser', '*'],
    ['is everything when the body is null', 'AdminGetUser', null, 'cognito-idp:AdminGetUser', '*'],
    ['is everything when the id is a list', 'AdminGetUser', { UserPoolId: ['us-east-1_AbCdEf123'] }, 'cognito-idp:AdminGetUser', '*'],
    [
      'is everything when the id is malformed',
      'AdminGetUser',
      { UserPoolId: 'us-east-1_A/../us-east-1_B' },
      'cognito-idp:AdminGetUser',
      '*',
    ],
    ['is everything when the id is a pattern', 'AdminGetUser', { UserPoolId: '*' }, 'cognito-idp:AdminGetUser', '*'],
  ]
  for (const [name, operation, body, action, resource] of cases) {
    it(name, () => assert.deepEqual(decidedOn(operation, body), [action, resource]))
  }

  it('is everything only for operations that take no pool id, even if the body has such ids', () => {
    const body = { ...ofPool, IdentityPoolId: identityPoolId }
    const withoutPool = operationNames.filter((name) => definitionOf(name).signed && decidedOn(name, body)[1] === '*')
    assert.deepEqual(withoutPool.toSorted(), [
      'CreateIdentityPool',
      'CreateUserPool',
      'DeleteIdentities',
      'DeleteRole',
      'DescribeIdentity',
      'DescribeUserPoolDomain',
      'GetProvisionedLimit',
      'GetRole',
      'ListBackups',
      'ListDeletedUserPools',
      'ListIdentityPools',
      'ListRoles',
      'ListTagsForResource',
      'ListUserPools',
      'PutRole',
      'StartBackup',
      'TagResource',
      'UntagResource',
      'UpdateProvisionedLimit',
      'identity:ListTagsForResource',
      'identity:TagResource',
      'identity:UntagResource',
    ])
  })
})

describe('poolIdFromArn', () => {
  const cases: [service: 'user-pools' | 'identity-pools', arn: string, id: string | undefined][] = [
    ['user-pools', poolArn, 'us-east-1_AbCdEf123'],
    ['user-pools', 'arn:aws-cn:cognito-idp:cn-north-1:1:userpool/cn-north-1_A', 'cn-north-1_A'],
    ['identity-pools', identityPoolArn, identityPoolId],
    ['user-pools', identityPoolArn, undefined],
    ['identity-pools', poolArn, undefined],
    ['user-pools', `${poolArn}/x`, undefined],
    ['user-pools', `${poolArn}\n`, undefined],
    ['user-pools', `x${poolArn}`, undefined],
    ['user-pools', poolArn.replace('userpool/', 'userpool/x/'), undefined],
    ['user-pools', poolArn.replace('userpool', 'pool'), undefined],
    ['user-pools', poolArn.replace('cognito-idp', 'cognito-sync'), undefined],
    ['user-pools', 'arn:aws:cognito-idp', undefined],
    ['user-pools', '', undefined],
  ]
  for (const [service, arn, id] of cases) {
    it(`${id === undefined ? 'finds no id' : 'finds the id'} for ${service} in ${JSON.stringify(arn)}`, () =>
      assert.equal(poolIdFromArn(service, arn), id))
  }
})
