// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are policy variables
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { allow, decide, holds } from './role-policy.ts'

/**
 * Positive operator, its negation if it has one, value of the policy, value of the request, whether they match. Undefined: the value of the
 * request cannot be read, and so neither the operator nor its negation holds.
 */
type Row = [operator: string, negation: string | undefined, ofPolicy: string, requested: string, matches: boolean | undefined]
const rowsOf = (operator: string, negation: string | undefined, pairs: [string, string, boolean | undefined][]): Row[] =>
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
    ['k', '\u212a', false],
    ['\u212a', 'K', false],
    ['é', 'É', false],
    ['\u0130', 'i\u0307', false],
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
    ['1', 'x', undefined],
    ['1', '1e0', undefined],
    ['-1', '-1', true],
    ['0', '', undefined],
  ]),
  ...rowsOf('NumericLessThan', undefined, [
    ['10', '9', true],
    ['10', '10', false],
    ['10', 'x', undefined],
    ['-1', '-2', true],
  ]),
  ...rowsOf('NumericLessThanEquals', undefined, [
    ['10', '10', true],
    ['10', '10.5', false],
  ]),
  ...rowsOf('NumericGreaterThan', undefined, [
    ['9', '10', true],
    ['9', '9', false],
    ['9', '', undefined],
  ]),
  ...rowsOf('NumericGreaterThanEquals', undefined, [
    ['9', '9', true],
    ['9', '8', false],
  ]),
  ...rowsOf('DateEquals', 'DateNotEquals', [
    ['2030-01-01', '2030-01-01T00:00:00Z', true],
    ['1893456000', '2030-01-01T00:00:00.000Z', true],
    ['2030-01-01T01:00+01:00', '1893456000', true],
    ['2030-01-01', 'soon', undefined],
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
    const negated = matches === undefined ? false : !matches
    const cases = [[operator, matches ?? false] as const, ...(negation === undefined ? [] : [[negation, negated] as const])]
    for (const [name, expected] of cases) {
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

  it('whose value in the request cannot be read makes a Deny apply', () => {
    const request = { 's3:max-keys': ['1000 '] }
    for (const [operator, value] of [
      ['NumericGreaterThan', '10'],
      ['NumericNotEquals', '10'],
      ['DateLessThan', '2030-01-01'],
    ] as const) {
      const deny = { Effect: 'Deny', Action: '*', Resource: '*', Condition: { [operator]: { 's3:max-keys': value } } }
      assert.equal(decide([allow, deny], request), 'denied', operator)
    }
  })

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
