import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Decision, evaluatePolicy, fullAccessPolicy } from '../../src/access/policy.ts'
import { PolicyError } from '../../src/access/policy-error.ts'
import { maxPolicyLength, readPolicy } from '../../src/access/read-policy.ts'

const pool = 'arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEf123'
const otherPool = 'arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_ZyXwVu987'
const allow = { Effect: 'Allow', Action: '*', Resource: '*' }

function policyOf(...statements: object[]) {
  return readPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }))
}

describe('A policy', () => {
  const statement = (effect: string, action: string | string[], resource: string | string[] = '*') => ({
    Effect: effect,
    Action: action,
    Resource: resource,
  })
  const cases: [name: string, statements: object[], action: string, resource: string, decision: Decision][] = [
    [
      'allows the action and resource that it names',
      [statement('Allow', 'cognito-idp:ListUsers', pool)],
      'cognito-idp:ListUsers',
      pool,
      'allowed',
    ],
    ['does not allow another action', [statement('Allow', 'cognito-idp:ListUsers', pool)], 'cognito-idp:AdminGetUser', pool, 'not-allowed'],
    [
      'does not allow the action on another resource',
      [statement('Allow', 'cognito-idp:ListUsers', pool)],
      'cognito-idp:ListUsers',
      otherPool,
      'not-allowed',
    ],
    [
      'for one pool does not allow an operation without a pool',
      [statement('Allow', '*', pool)],
      'cognito-idp:ListUserPools',
      '*',
      'not-allowed',
    ],
    [
      'for all ARNs does not allow an operation without a pool',
      [statement('Allow', '*', 'arn:*')],
      'cognito-idp:ListUserPools',
      '*',
      'not-allowed',
    ],
    [
      'accepts lists of actions and resources',
      [statement('Allow', ['a:B', 'cognito-idp:ListUsers'], [otherPool, pool])],
      'cognito-idp:ListUsers',
      pool,
      'allowed',
    ],
    ['accepts wildcards in actions', [statement('Allow', 'cognito-idp:Admin*User')], 'cognito-idp:AdminDeleteUser', pool, 'allowed'],
    [
      'matches an action pattern to its end',
      [statement('Allow', 'cognito-idp:Admin*User')],
      'cognito-idp:AdminDeleteUsers',
      pool,
      'not-allowed',
    ],
    ['ignores the case of actions', [statement('Allow', 'COGNITO-IDP:listusers')], 'cognito-idp:ListUsers', pool, 'allowed'],
    ['respects the case of resources', [statement('Allow', '*', pool.toUpperCase().replace('ARN:', 'arn:'))], 'a:B', pool, 'not-allowed'],
    ['does not allow another service', [statement('Allow', 'cognito-idp:*')], 'cognito-identity:ListIdentityPools', '*', 'not-allowed'],
    [
      'accepts wildcards in resources',
      [statement('Allow', '*', 'arn:aws:cognito-idp:*:*:userpool/us-east-1_A?CdEf*')],
      'a:B',
      pool,
      'allowed',
    ],
    ['accepts a short ARN that ends with a star', [statement('Allow', '*', 'arn:aws:cognito-idp:*')], 'a:B', pool, 'allowed'],
    [
      'denies when a Deny follows an Allow',
      [allow, statement('Deny', 'cognito-idp:Delete*')],
      'cognito-idp:DeleteUserPool',
      pool,
      'denied',
    ],
    [
      'denies when a Deny precedes an Allow',
      [statement('Deny', 'cognito-idp:Delete*'), allow],
      'cognito-idp:DeleteUserPool',
      pool,
      'denied',
    ],
    [
      'does not deny another resource',
      [allow, statement('Deny', 'cognito-idp:Delete*', otherPool)],
      'cognito-idp:DeleteUserPool',
      pool,
      'allowed',
    ],
    ['with only a Deny allows nothing', [statement('Deny', 'cognito-idp:Delete*')], 'cognito-idp:ListUsers', pool, 'not-allowed'],
    [
      'allows an action that is not in NotAction',
      [{ Effect: 'Allow', NotAction: 'cognito-idp:Delete*', Resource: '*' }],
      'cognito-idp:ListUsers',
      pool,
      'allowed',
    ],
    [
      'does not allow an action in NotAction',
      [{ Effect: 'Allow', NotAction: ['a:B', 'cognito-idp:D*'], Resource: '*' }],
      'cognito-idp:DeleteGroup',
      pool,
      'not-allowed',
    ],
    [
      'denies a resource that is not in NotResource',
      [allow, { Effect: 'Deny', Action: '*', NotResource: pool }],
      'a:B',
      otherPool,
      'denied',
    ],
    ['does not deny a resource in NotResource', [allow, { Effect: 'Deny', Action: '*', NotResource: pool }], 'a:B', pool, 'allowed'],
  ]
  for (const [name, statements, action, resource, decision] of cases) {
    it(name, () => assert.equal(evaluatePolicy(policyOf(...statements), action, resource), decision))
  }

  it('may have a single statement, an Id, a Sid and the older version', () => {
    for (const version of [{ Version: '2008-10-17' }, {}]) {
      const policy = readPolicy(JSON.stringify({ ...version, Id: 'x', Statement: { Sid: 'One', ...allow } }))
      assert.equal(evaluatePolicy(policy, 'a:B', '*'), 'allowed')
    }
  })

  it('of full access allows every service of this server', () => {
    const policy = readPolicy(fullAccessPolicy)
    for (const action of ['cognito-idp:DeleteUserPool', 'cognito-identity:CreateIdentityPool', 'lifeguard:RotateSigningKeys']) {
      assert.equal(evaluatePolicy(policy, action, '*'), 'allowed')
    }
    assert.equal(evaluatePolicy(policy, 's3:GetObject', '*'), 'not-allowed')
  })
})

describe('A policy that cannot be enforced', () => {
  const cases: [name: string, text: string | object, message: RegExp][] = [
    ['is not JSON', '{', /^The policy is not JSON: /],
    ['is not an object', '[]', /^The policy must be a JSON object\.$/],
    ['is null', 'null', /^The policy must be a JSON object\.$/],
    ['has no statement', {}, /^The policy needs a Statement\.$/],
    ['has an empty list of statements', { Statement: [] }, /^The policy needs a Statement\.$/],
    ['has a statement that is a string', { Statement: 'Allow' }, /^Statement 1 must be a JSON object\.$/],
    ['has a list as a statement', { Statement: [[allow]] }, /^Statement 1 must be a JSON object\.$/],
    ['has an unknown version', { Version: '2012-10-18', Statement: allow }, /^Version must be "2012-10-17", not "2012-10-18"\.$/],
    ['has a misspelt member', { Statements: allow, Statement: allow }, /^The policy has an unknown member "Statements"\.$/],
    [
      'has a misspelt member in a statement',
      { Statement: [allow, { ...allow, Actions: '*' }] },
      /^Statement 2 has an unknown member "Actions"\.$/,
    ],
    ['has a member __proto__', `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","__proto__":{}}}`, /unknown member "__proto__"/],
    ['has an empty condition', { Statement: { ...allow, Condition: {} } }, /^Statement 1: Condition is empty\.$/],
    ['has a principal', { Statement: { ...allow, Principal: '*' } }, /^Statement 1: the policy of an access key has no Principal/],
    ['has a negated principal', { Statement: { ...allow, NotPrincipal: '*' } }, /has no Principal/],
    ['has no effect', { Statement: { Action: '*', Resource: '*' } }, /^Statement 1: Effect must be "Allow" or "Deny"\.$/],
    ['has an effect in another case', { Statement: { ...allow, Effect: 'deny' } }, /^Statement 1: Effect must be/],
    ['has no action', { Statement: { Effect: 'Allow', Resource: '*' } }, /^Statement 1 needs either Action or NotAction, and not both\.$/],
    [
      'has both Action and NotAction',
      { Statement: { ...allow, NotAction: '*' } },
      /^Statement 1 needs either Action or NotAction, and not both\.$/,
    ],
    [
      'has no resource',
      { Statement: { Effect: 'Allow', Action: '*' } },
      /^Statement 1 needs either Resource or NotResource, and not both\.$/,
    ],
    ['has both Resource and NotResource', { Statement: { ...allow, NotResource: '*' } }, /either Resource or NotResource/],
    ['has an empty list of actions', { Statement: { ...allow, Action: [] } }, /^Statement 1: Action is empty\.$/],
    [
      'has an action that is a number',
      { Statement: { ...allow, Action: ['*', 1] } },
      /^Statement 1: Action must be a string or a list of strings\.$/,
    ],
    [
      'has an action without a service',
      { Statement: { ...allow, Action: 'ListUsers' } },
      /^Statement 1: Action "ListUsers" must be "\*" or/,
    ],
    [
      'has a space in an action',
      { Statement: { ...allow, Action: 'cognito-idp: ListUsers' } },
      /^Statement 1: Action "cognito-idp: ListUsers"/,
    ],
    ['has an empty action', { Statement: { ...allow, Action: '' } }, /^Statement 1: Action "" must be/],
    [
      'has a bare pool id',
      { Statement: { ...allow, Resource: 'us-east-1_AbCdEf123' } },
      /^Statement 1: Resource "us-east-1_AbCdEf123" must be "\*" or an ARN/,
    ],
    [
      'has an ARN that is too short',
      { Statement: { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:cognito-idp:us-east-1' } },
      /^Statement 1: NotResource "arn:/,
    ],
    ['has a space in an ARN', { Statement: { ...allow, Resource: `${pool} ` } }, /must be "\*" or an ARN/],
    [
      'has a policy variable that no request has',
      { Version: '2012-10-17', Statement: { ...allow, Resource: `${pool}/\${aws:username}` } },
      /requests to this server do not have the condition key "aws:username"\.$/,
    ],
    [
      'has a condition on the user of an issuer whose host is one word',
      { Statement: { Effect: 'Deny', Action: '*', Resource: '*', Condition: { StringEquals: { 'keycloak:sub': 'eve' } } } },
      /requests to this server do not have the condition key "keycloak:sub"\.$/,
    ],
    [
      'has a Sid twice',
      {
        Statement: [
          { Sid: 'A', ...allow },
          { Sid: 'A', ...allow },
        ],
      },
      /^Statement 2: Sid "A" is used by another statement\.$/,
    ],
    ['has a Sid that is a number', { Statement: { Sid: 1, ...allow } }, /^Statement 1: Sid must be letters and digits\.$/],
    [
      'has the member Statement twice',
      '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"},"Statement":[]}',
      /has the member "Statement" twice/,
    ],
    [
      'has a member twice, once escaped',
      '{"Statement":[{"Effect":"Deny","Action":"a:\\"B","Acti\\u006fn":"*","Resource":"*"}]}',
      /has the member "Action" twice in one object\.$/,
    ],
    ['is too long', JSON.stringify({ Statement: allow }).padEnd(maxPolicyLength + 1), /^The policy is longer than 10240 characters\.$/],
  ]
  for (const [name, text, message] of cases) {
    it(`is rejected when it ${name}`, () => {
      const json = typeof text === 'string' ? text : JSON.stringify(text)
      assert.throws(
        () => readPolicy(json),
        (error) => error instanceof PolicyError && message.test(error.message),
      )
    })
  }

  it('is not reported when equal member names stand in different objects, or in the text of a string', () => {
    const text =
      '{"Id":"{\\"Id\\":1}","Statement":[{"Sid":"Sid","Effect":"Allow","Action":"*","Resource":["*"]},{"Sid":"Effect","Effect":"Deny","Action":["a:B"],"Resource":"*"}]}'
    assert.equal(readPolicy(text).statements.length, 2)
  })
})
