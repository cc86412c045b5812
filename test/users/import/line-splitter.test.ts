import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { splitFields, splitLines } from '../../../src/users/import/csv.ts'
import { createLineSplitter } from '../../../src/users/import/line-splitter.ts'

/** The lines of `bytes` when they arrive in pieces that end at `cuts`. */
function linesOf(bytes: Buffer, cuts: readonly number[], longest: number): string[] {
  const splitter = createLineSplitter(longest)
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  const lines = ends.flatMap((end, at) => splitter.push(bytes.subarray(ends[at - 1] ?? 0, end)))
  const last = splitter.end()
  return [...lines, ...(last === undefined ? [] : [last])].map(String)
}

describe('Lines of a stream', () => {
  it('do not depend on where the pieces end', () => {
    const text = fc.array(fc.constantFrom('a', 'é', '\n', ',', '\\'), { maxLength: 60 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 8 }), (content, cuts) => {
        const expected = content.split('\n')
        if (expected.at(-1) === '') expected.pop()
        assert.deepEqual(linesOf(Buffer.from(content), cuts, 1000), expected)
      }),
    )
  })

  it('are cut off one byte after the maximum length', () => {
    assert.deepEqual(linesOf(Buffer.from('123456\n12345\n1234567'), [2, 4, 15], 5), ['123456', '12345', '123456'])
  })

  it('take no more memory than one line of the maximum length', () => {
    const splitter = createLineSplitter(64_000)
    const piece = Buffer.alloc(65_536, 'x')
    for (let count = 0; count < 1600; count++) assert.deepEqual(splitter.push(piece), [])
    assert.equal(splitter.end()?.length, 64_001)
  })

  it('are the same after they were joined by line feeds and split again', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z,]*$/), { minLength: 1 }), (lines) => {
        assert.deepEqual(splitLines(Buffer.from(lines.join('\n'))).map(String), lines)
      }),
    )
  })
})

describe('Fields of a row', () => {
  for (const [row, fields] of [
    ['a,b', ['a', 'b']],
    ['', ['']],
    [',', ['', '']],
    ['a\\,b,c', ['a,b', 'c']],
    ['\\,', [',']],
    ['a\\,', ['a,']],
    ['a\\b\\,c', ['a\\b,c']],
    ['"a,b"', ['"a', 'b"']],
    ['a\\', ['a\\']],
  ] as const) {
    it(`${JSON.stringify(row)} are ${JSON.stringify(fields)}`, () => assert.deepEqual(splitFields(row), fields))
  }

  it('are read back unchanged when the commas in them were escaped, even if they contain quotation marks', () => {
    const field = fc.array(fc.constantFrom('a', ',', '"', ' '), { maxLength: 6 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), (fields) => {
        assert.deepEqual(splitFields(fields.map((value) => value.replaceAll(',', '\\,')).join(',')), fields)
      }),
    )
  })
})
