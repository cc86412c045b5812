import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { policyDocument, roleArn, trustOfIdentityPool } from '../../support/roles.ts'
import { useTestServer } from '../../support/test-server.ts'

const identityPoolId = 'us-east-1:12345678-90ab-cdef-1234-567890abcdef'
const trust = trustOfIdentityPool(identityPoolId)
const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::files/*' }
const issuer = 'id.example.test/pool'
const openId = { ...trust, Principal: { Federated: `arn:aws:iam::000000000000:oidc-provider/${issuer}` } }
const aud = 'cognito-identity.amazonaws.com:aud'

const trusting = (condition: object | undefined, statement: object = trust) => ({
  TrustPolicy: policyDocument({ ...statement, Condition: condition }),
})
const allowing = (...statements: readonly object[]) => ({ Policies: { main: policyDocument(...statements) } })

const openToPools =
  'TrustPolicy: Statement 1 trusts all users of cognito-identity.amazonaws.com. Add StringEquals or StringLike on ' +
  `"${aud}" to its Condition. A value of wildcards only, or with a policy variable, limits nothing.`
const openToClients =
  `TrustPolicy: Statement 1 trusts all users of arn:aws:iam::000000000000:oidc-provider/${issuer}. Add StringEquals or StringLike on ` +
  `"${issuer}:aud" or "${issuer}:sub" to its Condition. A value of wildcards only, or with a policy variable, limits nothing.`

/** What makes a role be refused, and the message. The rest of the request is good. */
const refusals: readonly (readonly [what: string, change: object, message: string | RegExp])[] = [
  ['no condition on the identity pool', trusting(undefined), openToPools],
  [
    'a condition on amr only',
    trusting({ 'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' } }),
    openToPools,
  ],
  ['a condition that holds for other identity pools', trusting({ StringNotEquals: { [aud]: identityPoolId } }), openToPools],
  ['a condition that holds without an audience', trusting({ StringEqualsIfExists: { [aud]: identityPoolId } }), openToPools],
  ['a condition that holds for no values', trusting({ 'ForAllValues:StringEquals': { [aud]: identityPoolId } }), openToPools],
  ['a condition that asks for any audience', trusting({ Null: { [aud]: 'false' } }), openToPools],
  ['an audience of a wildcard', trusting({ StringLike: { [aud]: '*' } }), openToPools],
  ['an audience of wildcards and separators', trusting({ StringLike: { [aud]: '*-*:?*' } }), openToPools],
  ['a wildcard beside an audience', trusting({ StringLike: { [aud]: [identityPoolId, '*'] } }), openToPools],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a policy variable
  ['an audience that is equal to itself', trusting({ StringEquals: { [aud]: '${cognito-identity.amazonaws.com:aud}' } }), openToPools],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a policy variable
  ['an audience with a default', trusting({ StringLike: { [aud]: "${aws:PrincipalTag/x, 'us'}*" } }), openToPools],
  ['the audience of another provider', trusting({ StringEquals: { [`${issuer}:aud`]: identityPoolId } }), openToPools],
  [
    'no condition for one of two principals',
    trusting(trust.Condition, { ...openId, Principal: { Federated: [...both()] } }),
    openToClients,
  ],
  ['no condition where all actions are allowed', trusting(undefined, { ...trust, Action: '*' }), openToPools],
  ['no condition where one other action is left out', trusting(undefined, notAction('sts:TagSession')), openToPools],
  ['no condition on the client of an OpenID Connect provider', trusting(undefined, openId), openToClients],
  ['a condition on any client of an OpenID Connect provider', trusting({ StringLike: { [`${issuer}:aud`]: '*' } }, openId), openToClients],
  [
    'an open statement after a good one',
    { TrustPolicy: policyDocument(trust, { ...trust, Condition: undefined }) },
    openToPools.replace('Statement 1', 'Statement 2'),
  ],
  [
    'a condition key that tokens of identity pools do not have',
    trusting({ StringEquals: { [aud]: identityPoolId, 'cognito-identity.amazonaws.com:aux': 'x' } }),
    'TrustPolicy: Statement 1: Condition "StringEquals": tokens of identity pools have the condition keys :aud, :sub and :amr, ' +
      'but not "cognito-identity.amazonaws.com:aux".',
  ],
  ['a trust policy that is not JSON', { TrustPolicy: '{' }, /^TrustPolicy: The policy is not JSON: /],
  // The message quotes the text, and no half of a character.
  ['a trust policy of one emoji', { TrustPolicy: '🦀' }, /^TrustPolicy: The policy is not JSON: \P{Cs}+$/u],
  ['a trust policy that is a list', { TrustPolicy: '[]' }, 'TrustPolicy: The policy must be a JSON object.'],
  ['a trust policy without statements', { TrustPolicy: '{}' }, 'TrustPolicy: The policy needs a Statement.'],
  [
    'a trust policy with a Resource',
    trusting(trust.Condition, { ...trust, Resource: '*' }),
    'TrustPolicy: Statement 1: a trust policy has no Resource, because it always applies to its role.',
  ],
  [
    'a trust policy that trusts everyone',
    trusting(trust.Condition, { ...trust, Principal: '*' }),
    'TrustPolicy: Statement 1 needs a Principal, such as {"Federated": "cognito-identity.amazonaws.com"}; "*" is not supported.',
  ],
  [
    'a principal with a wildcard',
    trusting(trust.Condition, { ...trust, Principal: { Federated: '*' } }),
    'TrustPolicy: Statement 1: Principal Federated "*" must be an exact name, without wildcards and variables.',
  ],
  [
    'a trust policy with actions of other services',
    trusting(trust.Condition, { ...trust, Action: 's3:GetObject' }),
    'TrustPolicy: Statement 1: the actions of a trust policy are those of STS, such as "sts:AssumeRoleWithWebIdentity".',
  ],
  [
    'a permission policy with a Principal',
    allowing({ ...read, Principal: { Federated: 'x' } }),
    'Policies.main: Statement 1: the policy of a role has no Principal, because it always applies to the role itself.',
  ],
  [
    'a permission policy with a misspelt member',
    allowing(read, { ...read, Conditions: {} }),
    'Policies.main: Statement 2 has an unknown member "Conditions".',
  ],
  [
    'a permission policy with an unknown operator',
    allowing({ ...read, Condition: { StringSame: { 'aws:userid': 'x' } } }),
    'Policies.main: Statement 1: Condition "StringSame" is not an operator that this server knows.',
  ],
  [
    'a permission policy with an unknown condition key',
    allowing({ ...read, Condition: { StringEquals: { 'aws:Sorceip': 'x' } } }),
    'Policies.main: Statement 1: Condition "StringEquals": this server does not know the condition key "aws:Sorceip".',
  ],
  [
    'a member that is written twice',
    { Policies: { main: policyDocument(read).replace('"Effect"', '"Effect":"Deny","Effect"') } },
    'Policies.main: The policy has the member "Effect" twice in one object.',
  ],
  [
    'two policies that are too long together',
    { Policies: { one: padded(6000), two: padded(6000) } },
    'Policies: the policies have more than 10240 characters together.',
  ],
  ['a policy that is too long by itself', { Policies: { one: padded(10_241) } }, /^1 validation error detected: .*Map value must satisfy/],
  ['a trust policy that is too long', { TrustPolicy: padded(10_241) }, /^1 validation error detected: .*less than or equal to 10240$/],
  ['more than ten policies', { Policies: many(11) }, /^1 validation error detected: .*less than or equal to 10$/],
  ...['two words', 'a/b', 'é', 'a\nb', '', 'x'.repeat(129)].map(
    (name) =>
      [
        `the name ${JSON.stringify(name.slice(0, 9))} of a policy`,
        { Policies: { [name]: policyDocument(read) } },
        /Map keys must/,
      ] as const,
  ),
  ['a session that is too short', { MaxSessionSeconds: 3599 }, /greater than or equal to 3600$/],
  ['a session that is too long', { MaxSessionSeconds: 43_201 }, /less than or equal to 43200$/],
  ['a description that is too long', { Description: 'x'.repeat(1001) }, /less than or equal to 1000$/],
  ['a description with U+0000', { Description: 'a\0' }, /without the character U\+0000$/],
  [
    'half a character in a policy',
    { Policies: { main: policyDocument({ ...read, Sid: '' }).replace('""', '"\ud800"') } },
    /well-formed Unicode/,
  ],
  ['a member that the operation does not have', { Policy: policyDocument(read) }, /Policy/],
  ...[
    'arn:aws:iam::123456789012:role/other-account',
    roleArn('two words'),
    roleArn('*'),
    roleArn(''),
    roleArn('x'.repeat(65)),
    'x'.repeat(20),
  ].map(
    (RoleArn) =>
      [
        `the ARN ${RoleArn}`,
        { RoleArn },
        `RoleArn: ${RoleArn} is not the ARN of a role of this server's account, such as arn:aws:iam::000000000000:role/name. ` +
          'The setting --account-id sets the account.',
      ] as const,
  ),
]

function* both() {
  yield 'cognito-identity.amazonaws.com'
  yield openId.Principal.Federated
}

function notAction(NotAction: string): object {
  const { Action, ...rest } = trust
  return { ...rest, NotAction }
}

/** A good policy of this length. */
function padded(length: number): string {
  const document = policyDocument(read)
  return document + ' '.repeat(length - document.length)
}

function many(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`policy-${at}`, '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}']),
  )
}

/** Roles that are close to the refused ones. */
const accepted: readonly (readonly [what: string, change: object])[] = [
  ['an audience by another positive operator', trusting({ StringLike: { [aud.toUpperCase()]: [identityPoolId, 'us-east-1:*'] } })],
  ['an audience by ForAnyValue', trusting({ 'ForAnyValue:StringEqualsIgnoreCase': { [aud]: identityPoolId } })],
  ['a subject of an OpenID Connect provider', trusting({ StringLike: { [`${issuer}:sub`]: 'team-*' } }, openId)],
  ['a Deny without an audience', { TrustPolicy: policyDocument(trust, { ...trust, Effect: 'Deny', Condition: undefined }) }],
  ['tags without an audience', { TrustPolicy: policyDocument(trust, { ...trust, Action: 'sts:TagSession', Condition: undefined }) }],
  ['all actions but that of web identities', trusting(undefined, notAction('sts:AssumeRoleWith*'))],
  ['a service as a principal, which no token has', trusting(undefined, { ...trust, Principal: { Service: 'ec2.amazonaws.com' } })],
  ['ten policies', { Policies: many(10) }],
  ['policies of 10240 characters', { Policies: { one: padded(5120), two: padded(5120) } }],
  ['a policy with each character of names', { Policies: { 'aZ_9+=,.@-': policyDocument(read) } }],
]

for (const engine of engines) {
  describe(`PutRole on ${engine.name}`, () => {
    const server = useTestServer(engine)
    let roles = 0
    const request = (change: object) => ({
      RoleArn: roleArn(`role-${roles++}`),
      TrustPolicy: policyDocument(trust),
      Policies: { main: policyDocument(read) },
      ...change,
    })

    for (const [what, change, message] of refusals) {
      it(`refuses ${what.replaceAll(/[\n\0]/g, ' ')}, and stores nothing`, async () => {
        const role = request(change)
        await assert.rejects(callLifeguard(server(), 'PutRole', role), { name: 'InvalidParameterException', message })
        await assert.rejects(callLifeguard(server(), 'GetRole', { RoleArn: role.RoleArn }), { name: 'ResourceNotFoundException' })
      })
    }

    for (const [what, change] of accepted) {
      it(`accepts ${what}`, async () => {
        const role = request(change)
        await callLifeguard(server(), 'PutRole', role)
        const { Role } = await callLifeguard(server(), 'GetRole', { RoleArn: role.RoleArn })
        assert.deepEqual([Role.TrustPolicy, Role.Policies], [role.TrustPolicy, role.Policies])
      })
    }

    it('keeps the role as it was when a replacement is refused', async () => {
      const role = request({})
      await callLifeguard(server(), 'PutRole', role)
      await assert.rejects(callLifeguard(server(), 'PutRole', { ...role, ...trusting(undefined), RevokeSessions: true }), {
        message: openToPools,
      })
      const { Role } = await callLifeguard(server(), 'GetRole', { RoleArn: role.RoleArn })
      assert.deepEqual([Role.TrustPolicy, Role.CreationDate], [role.TrustPolicy, Role.LastModifiedDate])
    })
  })
}
