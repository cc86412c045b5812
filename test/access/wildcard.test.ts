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

  it('whose pieces are longer than a word of bits matches the same texts as a character by character comparison', () => {
    const letter = fc.constantFrom('a', 'a', 'a', 'b', '?')
    const piece = fc.string({ unit: letter, minLength: 25, maxLength: 100 })
    const pattern = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => `*${pieces.join('*')}*`)
    // Half of the texts are made from the pattern, so that they match.
    const cases = pattern.chain((wildcards) => {
      const filled = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 70 }).map((rest) => {
        return wildcards.replaceAll('*', () => rest).replaceAll('?', () => (rest.length % 2 === 0 ? 'a' : 'b'))
      })
      return fc.tuple(fc.constant(wildcards), fc.oneof(filled, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 400 })))
    })
    fc.assert(
      fc.property(cases, ([wildcards, text]) => {
        assert.equal(matchesWildcard(wildcards, text), matchesNaively(wildcards, text))
      }),
      { numRuns: 300 },
    )
  })

  it('takes `*` and `?` at the given positions for ordinary characters', () => {
    assert.equal(matchesWildcard('a*?b', 'a*?b', new Set([1, 2])), true)
    assert.equal(matchesWildcard('a*?b', 'axyb', new Set([1, 2])), false)
    assert.equal(matchesWildcard('*a?c*', 'xa?cx', new Set([2])), true)
    assert.equal(matchesWildcard('*a?c*', 'xabcx', new Set([2])), false)
    assert.equal(matchesWildcard('*a*c*', 'xa*cx', new Set([2])), true)
    assert.equal(matchesWildcard('*a*c*', 'xabcx', new Set([2])), false)
  })

  const hostile: [title: string, pattern: string][] = [
    ['one long piece', `*${'a'.repeat(1022)}b*`],
    ['one long piece that begins with another letter', `*b${'a'.repeat(1022)}*`],
    ['one long piece with a question mark', `*${'a'.repeat(511)}?${'a'.repeat(511)}b*`],
    ['a question mark at every second place', `*${'a?'.repeat(511)}b*`],
    ['many pieces', `*${'a*'.repeat(1020)}b*`],
  ]
  for (const [title, pattern] of hostile) {
    it(`with ${title} takes no time that grows with the product of both lengths`, () => {
      const text = 'a'.repeat(2048)
      const before = process.cpuUsage()
      for (let time = 0; time < 2000; time++) assert.equal(matchesWildcard(pattern, text), false)
      const { user } = process.cpuUsage(before)
      // 2,000 comparisons of each pair of characters are two thousand million steps. They take ten seconds or so.
      assert.ok(user < 3_000_000, `${user} µs`)
    })
  }

  it('with thousands of stars is matched within a second', () => {
    const started = performance.now()
    assert.equal(matchesWildcard(`${'*a'.repeat(2500)}b`, 'a'.repeat(5000)), false)
    assert.ok(performance.now() - started < 1000)
  })
})

/** Computes for each beginning of the pattern which beginnings of the text it matches, without any shortcut. */
function matchesNaively(pattern: string, text: string): boolean {
  let matched = Array.from({ length: text.length + 1 }, (_, at) => at === 0)
  for (const wanted of pattern) {
    const next: boolean[] = [wanted === '*' && matched[0] === true]
    for (let at = 1; at <= text.length; at++) {
      const fits = wanted === '?' || wanted === text[at - 1]
      next.push(wanted === '*' ? matched[at] === true || next[at - 1] === true : fits && matched[at - 1] === true)
    }
    matched = next
  }
  return matched[text.length] === true
}
