import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { authorize, isAllowedOnIdentityPool } from '../../src/access/authorize.ts'
import { readRolePolicies } from '../../src/access/roles/role.ts'
import type { RoleSession } from '../../src/access/sessions/role-session.ts'
import { sessionPrincipal } from '../../src/access/sessions/session-principal.ts'
import { ApiError } from '../../src/contract/api-error.ts'
import { definitionOf, operationNames } from '../../src/contract/model.ts'
import type { OperationName } from '../../src/contract/operation.ts'

const accountId = '123456789012'
const poolArn = 'arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEf123'
const identityPoolId = 'us-east-1:12345678-90ab-cdef-1234-567890abcdef'
const identityPoolArn = `arn:aws:cognito-identity:us-east-1:123456789012:identitypool/${identityPoolId}`
const roleArn = 'arn:aws:iam::123456789012:role/path/reader'

type SessionOptions = { readonly policy?: readonly object[]; readonly isGuest?: boolean; readonly isVended?: boolean }

/** A session of a role with these policies, each with one statement. */
function sessionWith(policies: readonly object[], { policy, isGuest = false, isVended = false }: SessionOptions = {}) {
  const document = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
  const role = readRolePolicies({
    arn: roleArn,
    id: 'AROAEXAMPLE',
    description: '',
    trustPolicy: document({ Effect: 'Deny', Principal: { Federated: 'x' }, Action: '*' }),
    policies: Object.fromEntries(policies.map((statement, at) => [`policy-${at}`, document(statement)])),
    maxSessionSeconds: 3600,
    sessionGeneration: 0,
    createdAt: 0,
    updatedAt: 0,
  })
  const session: RoleSession = {
    keyId: 'ASIAEXAMPLE',
    secret: '',
    roleArn,
    roleId: role.id,
    roleGeneration: 0,
    name: 'shop',
    issuedAt: 0,
    expiresAt: 1,
    keys: {},
    tags: {},
    policy: policy && document(...policy),
    isGuest,
    identity: undefined,
    isVended,
  }
  return sessionPrincipal(session, role)
}

const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
const list = { Effect: 'Allow', Action: 'cognito-idp:ListUsers', Resource: poolArn }
const bodies = { UserPoolId: 'us-east-1_AbCdEf123', IdentityPoolId: identityPoolId }

describe('A session of a role', () => {
  const request = { operation: 'ListUsers', body: { UserPoolId: 'us-east-1_AbCdEf123' }, accountId } as const
  const isAllowed = (principal: ReturnType<typeof sessionWith>, operation: OperationName = 'ListUsers', body: unknown = bodies) => {
    try {
      authorize(principal, { operation, body, accountId })
      return true
    } catch (error) {
      assert.ok(error instanceof ApiError && error.code === 'AccessDeniedException')
      return false
    }
  }

  it('may do what any policy of the role allows, and what none of them denies', () => {
    const other = { ...list, Action: 'cognito-idp:ListGroups' }
    assert.ok(isAllowed(sessionWith([other, list])))
    assert.ok(!isAllowed(sessionWith([other])))
    assert.ok(!isAllowed(sessionWith([])))
    assert.ok(!isAllowed(sessionWith([list, { ...list, Effect: 'Deny' }])))
    assert.throws(() => authorize(sessionWith([other]), request), {
      message: `User: arn:aws:sts::123456789012:assumed-role/reader/shop is not authorized to perform: cognito-idp:ListUsers on resource: ${poolArn} because no identity-based policy allows the cognito-idp:ListUsers action`,
    })
  })

  it('needs the permission of each: the role, its own policy and the policy of guests', () => {
    assert.ok(isAllowed(sessionWith([everything], { policy: [list] })))
    assert.ok(!isAllowed(sessionWith([everything], { policy: [{ ...list, Action: 'cognito-idp:ListGroups' }] })))
    assert.ok(!isAllowed(sessionWith([list], { policy: [everything] }), 'ListGroups'))
    assert.ok(!isAllowed(sessionWith([everything], { policy: [everything, { ...list, Effect: 'Deny' }] })))
    assert.ok(isAllowed(sessionWith([everything], { isGuest: true })))
    assert.ok(!isAllowed(sessionWith([everything], { isGuest: true }), 'ListRoles'))
    assert.ok(!isAllowed(sessionWith([everything], { isGuest: true, policy: [{ ...list, Effect: 'Deny' }] })))
  })

  it('may not call any operation of identity pools when an identity pool vended it, whatever its policies say', () => {
    const signed = operationNames.filter((name) => definitionOf(name).signed)
    const [vended, assumed] = [sessionWith([everything], { isVended: true }), sessionWith([everything])]
    const refused = signed.filter((name) => !isAllowed(vended, name))
    assert.deepEqual(
      refused,
      signed.filter((name) => definitionOf(name).service === 'identity-pools'),
    )
    assert.ok(refused.includes('DeleteIdentities') && refused.includes('identity:TagResource'))
    assert.deepEqual(
      signed.filter((name) => !isAllowed(assumed, name)),
      [],
    )
    const deletion = { operation: 'DeleteIdentities', body: undefined, accountId } as const
    assert.equal(isAllowedOnIdentityPool(vended, deletion, identityPoolId), false)
    assert.equal(isAllowedOnIdentityPool(assumed, deletion, identityPoolId), true)
  })

  it('passes DeleteIdentities on to the handler only when each of its policies allows it somewhere', () => {
    const deletes = (pool: string) => ({ Effect: 'Allow', Action: 'cognito-identity:DeleteIdentities', Resource: pool })
    const [one, other] = [deletes(identityPoolArn), deletes(identityPoolArn.replace('12345678', '87654321'))]
    const session = sessionWith([one], { policy: [one] })
    const deletion = { operation: 'DeleteIdentities', body: {}, accountId } as const
    assert.ok(isAllowed(session, 'DeleteIdentities', {}))
    assert.equal(isAllowedOnIdentityPool(session, deletion, identityPoolId), true)
    assert.ok(!isAllowed(sessionWith([one], { policy: [list] }), 'DeleteIdentities', {}))
    assert.ok(!isAllowed(sessionWith([list], { policy: [one] }), 'DeleteIdentities', {}))
    // Each of the two policies allows it somewhere, and both together nowhere.
    const apart = sessionWith([one], { policy: [other] })
    for (const id of [identityPoolId, identityPoolId.replace('12345678', '87654321'), undefined]) {
      assert.equal(isAllowedOnIdentityPool(apart, deletion, id), false)
    }
    assert.equal(
      isAllowedOnIdentityPool(sessionWith([one], { policy: [one, { ...one, Effect: 'Deny' }] }), deletion, identityPoolId),
      false,
    )
  })
})
