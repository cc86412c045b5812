import { getShape, type Shape } from '../../../src/contract/model.ts'
import { exampleOf, isAllowed, mapKey, stringOfLength, type Trial } from './shape-values.ts'

/** Texts that have broken other programs: storage, markup, queries, templates, paths, prototypes, case mapping, width. */
export const hostileTexts: readonly string[] = [
  'a\0b',
  'a\ud800',
  '__proto__',
  'constructor',
  `'; DROP TABLE "user"; --`,
  '" OR 1=1 --',
  '%_\\',
  '<script>alert(1)</script>',
  '{username}$' + '{7*7}',
  '../../../../etc/passwd',
  'a\r\nX-Injected: 1',
  ' a ',
  '\u202ea\ufeff\u2028',
  'İßﬀ',
  '👩‍👩‍👧‍👦'.repeat(8),
  'a\u0301'.repeat(40),
  '\u{10ffff}',
  '-1',
]

/**
 * Longer than a text that the model allows up to `max` characters. Costly, so it is tried once in each operation. Where the model allows
 * it, short enough for the body of a request that nobody signs: the size of bodies is tried elsewhere.
 */
export const textBeyond = (max = 0) => 'é'.repeat(max < 50_000 ? 50_000 : 140_000)

/** Members that no structure has. */
export const surplusMembers: readonly (readonly [name: string, value: unknown])[] = [
  ['NoSuchMember', 'a'],
  ['__proto__', { isAdmin: true }],
  ['constructor', { prototype: {} }],
  ['', [[[[]]]]],
]

const notText: readonly unknown[] = [0, -1.5, true, [], ['a'], {}, { a: 1 }]
const notNumber: readonly unknown[] = ['1', '', true, [], [1], {}]
const notBoolean: readonly unknown[] = ['true', '', 0, 1, [], {}]
const notList: readonly unknown[] = ['a', 1, false, {}, { 0: 'a', length: 1 }]
const notObject: readonly unknown[] = ['a', 1, true, [], [{}]]

/** What to try in the place of a value of this shape. Null is left out: whether it is allowed depends on the place. */
export function trialsOf(shapeName: string): readonly Trial[] {
  const shape = getShape(shapeName)
  switch (shape.type) {
    case 'string':
      return [...stringTrials(shapeName, shape), ...refused('a value that is no text', notText)]
    case 'integer':
    case 'long':
      return [...numberTrials(shape), ...refused('a value that is no number', notNumber)]
    case 'boolean':
      return [{ what: 'false', value: false, allowed: true }, ...refused('a value that is no boolean', notBoolean)]
    case 'timestamp':
      return refused('a value that is no time', ['now', true, [], {}])
    case 'blob':
      return refused('a value that is no base64', [1, true, [], {}, '!', 'a', 'YQ=='.repeat(2)])
    case 'document':
      return []
    case 'list':
      return [...listTrials(shape), ...refused('a value that is no list', notList)]
    case 'map':
      return [...mapTrials(shape), ...refused('a value that is no map', notObject)]
    case 'structure':
      return [...surplusTrials(shapeName), ...refused('a value that is no structure', notObject)]
  }
}

function refused(what: string, values: readonly unknown[]): Trial[] {
  return values.map((value) => ({ what: `${what}: ${JSON.stringify(value)}`, value, allowed: false }))
}

function stringTrials(shapeName: string, shape: Shape): Trial[] {
  const judged = (what: string, value: string) => ({ what, value, allowed: isAllowed(shape, value) })
  if (shape.enum !== undefined) {
    const known = shape.enum.map((value) => judged(`the known value ${value}`, value))
    return [
      ...known,
      ...['', 'UNKNOWN', shape.enum[0]?.toLowerCase() ?? '', '__proto__', '\0'].map((value) => judged('an odd value', value)),
    ]
  }
  const { min = 0, max } = shape
  const trials = [judged('no characters', '')]
  if (min > 1) trials.push(judged('one character too few', stringOfLength(shapeName, min)?.slice(1) ?? 'a'.repeat(min - 1)))
  for (const length of new Set([min, max ?? 3000])) {
    const text = stringOfLength(shapeName, length)
    if (text !== undefined) trials.push(judged(`${length} characters`, text))
  }
  if (max !== undefined) trials.push(judged('one character too many', `${stringOfLength(shapeName, max) ?? 'a'.repeat(max)}a`))
  return [...trials, ...hostileTexts.map((text) => judged('a hostile text', text))]
}

function numberTrials({ type, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Shape): Trial[] {
  const largest = type === 'integer' ? 2 ** 31 - 1 : Number.MAX_SAFE_INTEGER
  const numbers = [min - 1, min, max, max + 1, 0, -0, -1, 1.5, 1e300, largest, largest + 1, -largest].filter(Number.isFinite)
  return numbers.map((value) => {
    const allowed = Number.isInteger(value) && Math.abs(value) <= largest && value >= min && value <= max
    return { what: `the number ${value}`, value, allowed }
  })
}

/** Where the model names no bound, this many. */
const crowd = 300

function listTrials({ member = '', min = 0, max }: Shape): Trial[] {
  const lists = [0, min - 1, max ?? crowd, (max ?? crowd) + 1].filter((length) => length >= 0)
  const ofLengths = [...new Set(lists)].map((length) => ({
    what: `${length} elements`,
    value: Array.from({ length }, () => exampleOf(member)),
    allowed: length >= min && length <= (max ?? Number.POSITIVE_INFINITY),
  }))
  return [...ofLengths, { what: 'null as an element', value: [null], allowed: false }]
}

function mapTrials(shape: Shape): Trial[] {
  const { key = '', value = '', min = 0, max } = shape
  const lengths = [...new Set([0, max ?? crowd, (max ?? crowd) + 1])]
  const ofLengths = lengths.flatMap((length) => {
    const map = Object.fromEntries(Array.from({ length }, (_, at) => [mapKey(shape, at), exampleOf(value)]))
    const isDistinct = Object.keys(map).length === length
    return isDistinct
      ? [{ what: `${length} entries`, value: map, allowed: length >= min && length <= (max ?? Number.POSITIVE_INFINITY) }]
      : []
  })
  const keyShape = getShape(key)
  const withKeys = hostileTexts.map((text) => ({
    what: `a hostile key: ${JSON.stringify(text.slice(0, 40))}`,
    value: Object.fromEntries([[text, exampleOf(value)]]),
    allowed: isAllowed(keyShape, text) && min <= 1,
  }))
  return [...ofLengths, ...withKeys]
}

function surplusTrials(shapeName: string): Trial[] {
  const value = Object.fromEntries([...Object.entries(exampleOf(shapeName) as object), ...surplusMembers])
  return [{ what: 'surplus members', value, allowed: true }]
}
