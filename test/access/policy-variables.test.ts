// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are policy variables
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evaluatePolicies, evaluateTrustPolicy } from '../../src/access/policy.ts'
import { PolicyError } from '../../src/access/policy-error.ts'
import { readTrustPolicy } from '../../src/access/read-policy.ts'
import { allow, decide, holds, type Keys, lookUp, roleOf } from './role-policy.ts'

describe('A policy variable', () => {
  const sub = 'cognito-identity.amazonaws.com:sub'
  const home = `arn:aws:s3:::files/\${${sub}}/*`
  const own = { ...allow, Resource: home }

  it('stands for the value of its key', () => {
    assert.equal(decide(own, { [sub]: ['me'] }, 'arn:aws:s3:::files/me/x'), 'allowed')
    assert.equal(decide(own, { [sub]: ['me'] }, 'arn:aws:s3:::files/you/x'), 'not-allowed')
  })
  it('keeps wildcards and variables in its value literal', () => {
    for (const value of ['*', '?*', '??', '${*}', `\${${sub}}`]) {
      assert.equal(decide(own, { [sub]: [value] }, 'arn:aws:s3:::files/me/x'), 'not-allowed', value)
      assert.equal(decide(own, { [sub]: [value] }, `arn:aws:s3:::files/${value}/x`), 'allowed', value)
      assert.equal(holds({ StringLike: { 'x:y': `\${${sub}}` } }, { 'x:y': ['me'], [sub]: [value] }), false, value)
    }
  })
  it('without a value matches nothing: a Deny of NotResource covers everything, and an Allow of it nothing', () => {
    for (const keys of [{}, { [sub]: [''] }, { [sub]: ['a', 'b'] }] as Keys[]) {
      assert.equal(decide(own, keys, 'arn:aws:s3:::files//x'), 'not-allowed')
      assert.equal(decide({ Effect: 'Deny', Action: '*', NotResource: home }, keys, 'arn:aws:s3:::files//x'), 'denied')
      assert.equal(decide({ ...allow, Resource: undefined, NotResource: home }, keys, 'arn:aws:s3:::other/x'), 'not-allowed')
      assert.equal(holds({ StringEquals: { 'x:y': `\${${sub}}` } }, { 'x:y': ['me'], ...keys }), false)
      assert.equal(holds({ StringNotEquals: { 'x:y': `\${${sub}}` } }, { 'x:y': ['me'], ...keys }), true)
    }
  })
  it('has its default when the key is missing', () => {
    const condition = { StringEquals: { 'x:y': "${aws:PrincipalTag/team, 'all staff'}" } }
    assert.equal(holds(condition, { 'x:y': ['all staff'] }), true)
    assert.equal(holds(condition, { 'x:y': ['all staff'], 'aws:PrincipalTag/TEAM': ['red'] }), false)
  })
  it('is ordinary text in the older version', () => {
    assert.equal(decide({ ...allow, Resource: 'arn:a:b:c:d:${x:y}' }, { 'x:y': ['1'] }, 'arn:a:b:c:d:1', '2008-10-17'), 'not-allowed')
    assert.equal(decide({ ...allow, Resource: 'arn:a:b:c:d:${x:y}' }, {}, 'arn:a:b:c:d:${x:y}', '2008-10-17'), 'allowed')
  })
  it('makes the request denied where its value is too long to compare', () => {
    const keys = { [sub]: ['a'.repeat(2049)] }
    assert.equal(decide(own, keys, 'arn:aws:s3:::files/a/x'), 'not-allowed')
    assert.equal(decide({ ...own, Effect: 'Deny' }, keys, 'arn:aws:s3:::files/a/x'), 'denied')
  })
  it('does not make a decision slow', () => {
    const statement = { ...allow, Condition: { StringLike: { 'x:y': `${'*a'.repeat(4000)}\${x:z}b` } } }
    const started = performance.now()
    assert.equal(decide(statement, { 'x:y': ['a'.repeat(2048)], 'x:z': ['a'.repeat(2048)] }), 'not-allowed')
    assert.ok(performance.now() - started < 2000)
  })
})

describe('A condition that cannot be enforced', () => {
  const conditions: [name: string, condition: unknown][] = [
    ['is a list', []],
    ['is null', null],
    ['has an unknown operator', { StringEqual: { 'x:y': '1' } }],
    ['has an operator in another case', { stringEquals: { 'x:y': '1' } }],
    ['has the name of a prototype member as operator', { constructor: { 'x:y': '1' } }],
    ['has Null with IfExists', { NullIfExists: { 'x:y': 'true' } }],
    ['has Null with a set operator', { 'ForAnyValue:Null': { 'x:y': 'true' } }],
    ['has an unknown set operator', { 'ForSomeValues:Bool': { 'x:y': 'true' } }],
    ['has an operator without keys', { Bool: {} }],
    ['has a key without values', { StringEquals: { 'x:y': [] } }],
    ['has nested lists', { StringEquals: { 'x:y': [['a']] } }],
    ['has a key without prefix', { StringEquals: { y: '1' } }],
    ['has the key __proto__', JSON.parse('{"StringEquals":{"__proto__":"1"}}')],
    ['has an unknown global key', { StringEquals: { 'aws:PrincipalOrgID': 'o' } }],
    ['has one key in two cases', { StringEquals: { 'x:y': '1', 'X:Y': '2' } }],
    ['compares a number with text', { StringEquals: { 'x:y': 1 } }],
    ['has an invalid number', { NumericEquals: { 'x:y': '1e3' } }],
    ['has a number that would be rounded', { NumericEquals: { 'x:y': '9007199254740993' } }],
    ['has an invalid day', { DateEquals: { 'x:y': '2030-02-30' } }],
    ['has an invalid truth value', { Bool: { 'x:y': 'yes' } }],
    ['has an invalid network', { IpAddress: { 'x:y': '203.0.113.0/33' } }],
    ['has invalid base64', { BinaryEquals: { 'x:y': 'a' } }],
    ['has an incomplete ARN', { ArnLike: { 'x:y': 'arn:aws:*' } }],
    ['has a variable in an early part of an ARN', { ArnLike: { 'x:y': 'arn:aws:${x:z}:::a' } }],
    ['has a variable in a number', { NumericEquals: { 'x:y': '${x:z}' } }],
    ['has an unclosed variable', { StringEquals: { 'x:y': '${x:z' } }],
    ['has an empty variable', { StringEquals: { 'x:y': '${}' } }],
    ['has a wildcard in a default', { StringLike: { 'x:y': "${x:z, '*'}" } }],
    ['has a key of several values as a variable', { StringLike: { 'x:y': '${aws:TagKeys}' } }],
    ['has too many variables', { StringLike: { 'x:y': '${x:z}'.repeat(51) } }],
  ]
  for (const [name, Condition] of conditions) {
    it(`is rejected when it ${name}`, () => assert.throws(() => roleOf({ ...allow, Condition }), PolicyError))
  }
})

describe('Policies that limit each other', () => {
  it('allow what each of them allows, and a Deny in one outweighs all', () => {
    const list = roleOf({ ...allow, Action: ['a:B', 'a:C'] })
    const session = roleOf({ ...allow, Action: 'a:B' })
    assert.equal(evaluatePolicies([list, session], 'a:B', '*'), 'allowed')
    assert.equal(evaluatePolicies([list, session], 'a:C', '*'), 'not-allowed')
    assert.equal(evaluatePolicies([list, roleOf({ ...allow, Effect: 'Deny' })], 'a:B', '*'), 'denied')
    assert.throws(() => evaluatePolicies([], 'a:B', '*'), RangeError)
  })
})

describe('A trust policy', () => {
  const trust = {
    Effect: 'Allow',
    Principal: { Federated: 'cognito-identity.amazonaws.com' },
    Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'],
    Condition: {
      StringEquals: { 'cognito-identity.amazonaws.com:aud': 'us-east-1:1' },
      'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' },
    },
  }
  const read = (statement: object) => readTrustPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statement }))
  const web = { type: 'Federated', name: 'cognito-identity.amazonaws.com' } as const
  const keys = (aud: string) =>
    lookUp({ 'cognito-identity.amazonaws.com:aud': [aud], 'cognito-identity.amazonaws.com:amr': ['authenticated', 'x'] })

  it('allows its principal under its condition', () => {
    const action = 'sts:AssumeRoleWithWebIdentity'
    assert.equal(evaluateTrustPolicy(read(trust), web, action, keys('us-east-1:1')), 'allowed')
    assert.equal(evaluateTrustPolicy(read(trust), web, action, keys('us-east-1:2')), 'not-allowed')
    assert.equal(evaluateTrustPolicy(read(trust), web, 'sts:AssumeRole', keys('us-east-1:1')), 'not-allowed')
    assert.equal(evaluateTrustPolicy(read(trust), { ...web, type: 'Service' }, action, keys('us-east-1:1')), 'not-allowed')
  })
  it('is rejected with a Resource, without an exact principal, or with actions of other services', () => {
    const wrong = [
      { Resource: '*' },
      { Principal: '*' },
      { Principal: {} },
      { Principal: { AWS: '*' } },
      { Principal: { Fed: 'x' } },
      { Action: 's3:Get' },
    ]
    for (const part of wrong) assert.throws(() => read({ ...trust, ...part }), PolicyError)
  })
})
