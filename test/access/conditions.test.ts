// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are policy variables
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Decision, evaluatePolicies, evaluatePolicy, evaluateTrustPolicy } from '../../src/access/policy.ts'
import { PolicyError } from '../../src/access/policy-error.ts'
import { readPolicy, readTrustPolicy } from '../../src/access/read-policy.ts'

type Keys = Readonly<Record<string, readonly string[]>>

const lookUp = (keys: Keys) => {
  const byName = new Map(Object.entries(keys).map(([name, values]) => [name.toLowerCase(), values]))
  return (name: string) => byName.get(name)
}
const allow = { Effect: 'Allow', Action: '*', Resource: '*' }
const roleOf = (statement: object, version = '2012-10-17') => readPolicy(JSON.stringify({ Version: version, Statement: statement }), 'role')
const decide = (statement: object, keys: Keys = {}, resource = '*', version?: string): Decision =>
  evaluatePolicy(roleOf(statement, version), 'a:B', resource, lookUp(keys))
const holds = (condition: object, keys: Keys = {}) => decide({ ...allow, Condition: condition }, keys) === 'allowed'

/** Positive operator, its negation if it has one, value of the policy, value of the request, whether they match. */
type Row = [operator: string, negation: string | undefined, ofPolicy: string, requested: string, matches: boolean]
const rowsOf = (operator: string, negation: string | undefined, pairs: [string, string, boolean][]): Row[] =>
  pairs.map(([ofPolicy, requested, matches]) => [operator, negation, ofPolicy, requested, matches])

const arn = 'arn:aws:iam::123456789012:role/a/b'
const arnPairs: [string, string, boolean][] = [
  [arn, arn, true],
  ['arn:aws:iam::*:role/*', arn, true],
  ['arn:aws:iam::12345678901?:role/a/b', arn, true],
  ['arn:*:*:*:*:*', arn, true],
  ['arn:aws:*:role/*:x:y', arn, false],
  ['arn:aws:iam::123456789012:user/*', arn, false],
  ['arn:aws:iam::*:role/*', 'arn:aws:iam::1:2:role/a', false],
  ['arn:aws:iam::1:*', 'arn:aws:iam::1:a:b', true],
  ['arn:*:*:*:*:*', 'role/a', false],
]
const rows: Row[] = [
  ...rowsOf('StringEquals', 'StringNotEquals', [
    ['a', 'a', true],
    ['a', 'A', false],
    ['a*', 'ab', false],
    ['a*', 'a*', true],
    ['', '', true],
  ]),
  ...rowsOf('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', [
    ['a', 'A', true],
    ['Ab', 'aB', true],
    ['a', 'b', false],
    ['a*', 'AB', false],
  ]),
  ...rowsOf('StringLike', 'StringNotLike', [
    ['a*', 'abc', true],
    ['a?', 'ab', true],
    ['a?', 'a', false],
    ['a*', 'A', false],
    ['${*}', 'x', false],
    ['${*}', '*', true],
    ['${?}${$}', '?$', true],
    ['a', '*', false],
  ]),
  ...rowsOf('ArnLike', 'ArnNotLike', arnPairs),
  ...rowsOf('ArnEquals', 'ArnNotEquals', arnPairs),
  ...rowsOf('NumericEquals', 'NumericNotEquals', [
    ['1', '1', true],
    ['1', '1.0', true],
    ['1', '2', false],
    ['1', 'x', false],
    ['1', '1e0', false],
    ['-1', '-1', true],
    ['0', '', false],
  ]),
  ...rowsOf('NumericLessThan', undefined, [
    ['10', '9', true],
    ['10', '10', false],
    ['10', 'x', false],
    ['-1', '-2', true],
  ]),
  ...rowsOf('NumericLessThanEquals', undefined, [
    ['10', '10', true],
    ['10', '10.5', false],
  ]),
  ...rowsOf('NumericGreaterThan', undefined, [
    ['9', '10', true],
    ['9', '9', false],
    ['9', '', false],
  ]),
  ...rowsOf('NumericGreaterThanEquals', undefined, [
    ['9', '9', true],
    ['9', '8', false],
  ]),
  ...rowsOf('DateEquals', 'DateNotEquals', [
    ['2030-01-01', '2030-01-01T00:00:00Z', true],
    ['1893456000', '2030-01-01T00:00:00.000Z', true],
    ['2030-01-01T01:00+01:00', '1893456000', true],
    ['2030-01-01', 'soon', false],
  ]),
  ...rowsOf('DateLessThan', undefined, [
    ['2030-01-01', '2029-12-31T23:59:59Z', true],
    ['2030-01-01', '2030-01-01', false],
  ]),
  ...rowsOf('DateLessThanEquals', undefined, [
    ['2030-01-01', '2030-01-01', true],
    ['2030-01-01', '2030-01-02', false],
  ]),
  ...rowsOf('DateGreaterThan', undefined, [
    ['2030-01-01', '2030-01-02', true],
    ['2030-01-01', '2030-01-01', false],
  ]),
  ...rowsOf('DateGreaterThanEquals', undefined, [
    ['2030-01-01', '2030-01-01', true],
    ['2030-01-01', '2029-01-01', false],
  ]),
  ...rowsOf('Bool', undefined, [
    ['true', 'true', true],
    ['true', 'TRUE', true],
    ['false', 'true', false],
    ['true', 'yes', false],
  ]),
  ...rowsOf('BinaryEquals', undefined, [
    ['QmluYXJ5', 'QmluYXJ5', true],
    ['QmluYXJ5', 'qmluYXJ5', false],
  ]),
  ...rowsOf('IpAddress', 'NotIpAddress', [
    ['203.0.113.0/24', '203.0.113.9', true],
    ['203.0.113.7/24', '203.0.113.9', true],
    ['203.0.113.0/24', '203.0.114.9', false],
    ['203.0.113.9', '203.0.113.9', true],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['2001:db8::/32', '2001:DB8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['203.0.113.0/24', '2001:db8::1', false],
    ['203.0.113.0/24', '::ffff:203.0.113.9', true],
    ['fe80::/10', 'fe80::1%eth0', false],
    ['0.0.0.0/0', 'x', false],
  ]),
]

describe('A condition', () => {
  for (const [operator, negation, ofPolicy, requested, matches] of rows) {
    for (const [name, expected] of [[operator, matches], ...(negation === undefined ? [] : [[negation, !matches] as const])] as const) {
      for (const quantifier of ['', 'ForAnyValue:', 'ForAllValues:']) {
        const full = `${quantifier}${name}`
        // To the set operators, an empty text is a missing value.
        const result = quantifier !== '' && requested === '' ? quantifier === 'ForAllValues:' : expected
        it(`${full} "${ofPolicy}" ${result ? 'holds' : 'does not hold'} for "${requested}"`, () => {
          assert.equal(holds({ [full]: { 'x:Key': ofPolicy } }, { 'X:kEY': [requested] }), result)
          assert.equal(holds({ [`${full}IfExists`]: { 'x:Key': [ofPolicy] } }, { 'x:key': [requested] }), result)
        })
      }
    }
  }

  for (const [operator, negation, ofPolicy] of rows) {
    it(`with ${operator} "${ofPolicy}" treats a missing key as IAM does`, () => {
      const missing = (name: string) => holds({ [name]: { 'x:y': ofPolicy } })
      assert.equal(missing(operator), false)
      assert.equal(missing(`${operator}IfExists`), true)
      assert.equal(missing(`ForAllValues:${operator}`), true)
      assert.equal(missing(`ForAnyValue:${operator}`), false)
      if (negation !== undefined) assert.equal(missing(negation), true)
      if (negation !== undefined) assert.equal(missing(`ForAnyValue:${negation}`), false)
    })
  }

  it('with Null asks whether the key is missing', () => {
    assert.equal(holds({ Null: { 'x:y': 'true' } }), true)
    assert.equal(holds({ Null: { 'x:y': true } }, { 'x:y': ['a'] }), false)
    assert.equal(holds({ Null: { 'x:y': 'false' } }, { 'x:y': ['a'] }), true)
    assert.equal(holds({ Null: { 'x:constructor': 'true' } }), true)
  })

  it('needs all of its operators and keys, and one of the values of each', () => {
    const condition = { StringEquals: { 'x:a': ['1', '2'], 'x:b': '3' }, Bool: { 'x:c': true } }
    assert.equal(holds(condition, { 'x:a': ['2'], 'x:b': ['3'], 'x:c': ['true'] }), true)
    assert.equal(holds(condition, { 'x:a': ['4'], 'x:b': ['3'], 'x:c': ['true'] }), false)
    assert.equal(holds(condition, { 'x:a': ['2'], 'x:b': ['3'] }), false)
  })

  it('decides as a second evaluator does, for random values', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 3 })
    const few = fc.array(word, { minLength: 1, maxLength: 3 })
    const test = fc.record({
      quantifier: fc.constantFrom('', 'ForAllValues:', 'ForAnyValue:'),
      negated: fc.boolean(),
      like: fc.boolean(),
      ifExists: fc.boolean(),
      ofPolicy: few,
      requested: fc.array(word, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(test, ({ quantifier, negated, like, ifExists, ofPolicy, requested }) => {
        const operator = `${quantifier}String${negated ? 'Not' : ''}${like ? 'Like' : 'Equals'}${ifExists ? 'IfExists' : ''}`
        const expression = (text: string) => new RegExp(`^${text.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        const isMatch = (value: string) => ofPolicy.some((one) => (like ? expression(one).test(value) : one === value))
        let expected: boolean
        if (requested.length === 0) expected = ifExists || (quantifier === '' ? negated : quantifier === 'ForAllValues:')
        else if (quantifier === 'ForAllValues:') expected = requested.filter((value) => isMatch(value) === negated).length === 0
        else if (quantifier === 'ForAnyValue:') expected = requested.filter((value) => isMatch(value) !== negated).length > 0
        else expected = requested.some(isMatch) !== negated
        assert.equal(holds({ [operator]: { 'x:y': ofPolicy } }, { 'x:y': requested }), expected)
      }),
      { numRuns: 3000 },
    )
  })
})

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
  it('without a value matches nothing, and a negated scope or operator covers everything', () => {
    for (const keys of [{}, { [sub]: [''] }, { [sub]: ['a', 'b'] }] as Keys[]) {
      assert.equal(decide(own, keys, 'arn:aws:s3:::files//x'), 'not-allowed')
      assert.equal(decide({ Effect: 'Deny', Action: '*', NotResource: home }, keys, 'arn:aws:s3:::files//x'), 'denied')
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
