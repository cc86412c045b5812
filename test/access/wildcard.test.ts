import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { matchesWildcard } from '../../src/access/wildcard.ts'

describe('A wildcard pattern', () => {
  const cases: [pattern: string, text: string, matches: boolean][] = [
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['*', 'any:thing/at all', true],
    ['a', 'a', true],
    ['a', 'A', false],
    ['a', 'ab', false],
    ['ab', 'a', false],
    ['?', '', false],
    ['?', 'a', true],
    ['?', 'ab', false],
    ['a?c', 'abc', true],
    ['a*', 'a', true],
    ['a*c', 'abcbc', true],
    ['a*c', 'abcb', false],
    ['*b*', 'abc', true],
    ['*ab', 'aab', true],
    ['a**b', 'ab', true],
    ['*?', '', false],
    ['*??', 'ab', true],
    ['a*', '*', false],
    ['*a', '*', false],
    ['?*a', '*a', true],
    ['[a]', 'a', false],
    ['.', 'a', false],
    ['*', 'a\nb', true],
  ]
  for (const [pattern, text, matches] of cases) {
    it(`'${pattern}' ${matches ? 'matches' : 'does not match'} '${text.replace('\n', '\\n')}'`, () => {
      assert.equal(matchesWildcard(pattern, text), matches)
    })
  }

  it('matches the same texts as the equivalent regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        assert.equal(matchesWildcard(pattern, text), expression.test(text))
      }),
      { numRuns: 2000 },
    )
  })

  it('with thousands of stars is matched within a second', () => {
    const started = performance.now()
    assert.equal(matchesWildcard(`${'*a'.repeat(2500)}b`, 'a'.repeat(5000)), false)
    assert.ok(performance.now() - started < 1000)
  })
})
