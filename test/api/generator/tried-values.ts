import { getShape, type Shape } from '../../../src/contract/model.ts'
import { exampleOf, isAllowed, mapKey, stringOfLength, type TriedValue } from './shape-values.ts'

/** Texts that have broken other programs: in storage, markup, queries, templates, paths and prototypes, by case, length and direction. */
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
 * A text that is longer than `max`. Requests with such a text are slow, so each operation tries only one. The text still fits into the body
 * of an unsigned request: other tests cover the size of bodies.
 */
export const textBeyond = (max = 0) => 'é'.repeat(max < 50_000 ? 50_000 : 140_000)

/** Members that do not exist in any structure. */
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

/** Values to try for this shape. Null is not among them, because whether null is allowed depends on the field. */
export function triedValuesOf(shapeName: string): readonly TriedValue[] {
  const shape = getShape(shapeName)
  switch (shape.type) {
    case 'string':
      return [...triedStrings(shapeName, shape), ...rejectedValues('a value that is not text', notText)]
    case 'integer':
    case 'long':
      return [...triedNumbers(shape), ...rejectedValues('a value that is not a number', notNumber)]
    case 'boolean':
      return [{ what: 'false', value: false, allowed: true }, ...rejectedValues('a value that is not a boolean', notBoolean)]
    case 'double':
      return rejectedValues('a value that is not a number', notNumber)
    case 'timestamp':
      return rejectedValues('a value that is not a time', ['now', true, [], {}])
    case 'blob':
      return rejectedValues('a value that is not base64', [1, true, [], {}, '!', 'a', 'YQ=='.repeat(2)])
    case 'document':
      return []
    case 'list':
      return [...triedLists(shape), ...rejectedValues('a value that is not a list', notList)]
    case 'map':
      return [...triedMaps(shape), ...rejectedValues('a value that is not a map', notObject)]
    case 'structure':
      return [...triedSurplusMembers(shapeName), ...rejectedValues('a value that is not a structure', notObject)]
  }
}

function rejectedValues(what: string, values: readonly unknown[]): TriedValue[] {
  return values.map((value) => ({ what: `${what}: ${JSON.stringify(value)}`, value, allowed: false }))
}

function triedStrings(shapeName: string, shape: Shape): TriedValue[] {
  const tried = (what: string, value: string) => ({ what, value, allowed: isAllowed(shape, value) })
  if (shape.enum !== undefined) {
    const known = shape.enum.map((value) => tried(`the known value ${value}`, value))
    return [
      ...known,
      ...['', 'UNKNOWN', shape.enum[0]?.toLowerCase() ?? '', '__proto__', '\0'].map((value) => tried('an odd value', value)),
    ]
  }
  const { min = 0, max } = shape
  const values = [tried('no characters', '')]
  if (min > 1) values.push(tried('one character too few', stringOfLength(shapeName, min)?.slice(1) ?? 'a'.repeat(min - 1)))
  for (const length of new Set([min, max ?? 3000])) {
    const text = stringOfLength(shapeName, length)
    if (text !== undefined) values.push(tried(`${length} characters`, text))
  }
  if (max !== undefined) values.push(tried('one character too many', `${stringOfLength(shapeName, max) ?? 'a'.repeat(max)}a`))
  return [...values, ...hostileTexts.map((text) => tried('a hostile text', text))]
}

function triedNumbers({ type, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Shape): TriedValue[] {
  const largest = type === 'integer' ? 2 ** 31 - 1 : Number.MAX_SAFE_INTEGER
  const numbers = [min - 1, min, max, max + 1, 0, -0, -1, 1.5, 1e300, largest, largest + 1, -largest].filter(Number.isFinite)
  return numbers.map((value) => {
    const allowed = Number.isInteger(value) && Math.abs(value) <= largest && value >= min && value <= max
    return { what: `the number ${value}`, value, allowed }
  })
}

/** The number of elements to try when the model has no limit. */
const manyElements = 300

function triedLists({ member = '', min = 0, max }: Shape): TriedValue[] {
  const lists = [0, min - 1, max ?? manyElements, (max ?? manyElements) + 1].filter((length) => length >= 0)
  const ofLengths = [...new Set(lists)].map((length) => ({
    what: `${length} elements`,
    value: Array.from({ length }, () => exampleOf(member)),
    allowed: length >= min && length <= (max ?? Number.POSITIVE_INFINITY),
  }))
  return [...ofLengths, { what: 'null as an element', value: [null], allowed: false }]
}

function triedMaps(shape: Shape): TriedValue[] {
  const { key = '', value = '', min = 0, max } = shape
  const lengths = [...new Set([0, max ?? manyElements, (max ?? manyElements) + 1])]
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

function triedSurplusMembers(shapeName: string): TriedValue[] {
  const value = Object.fromEntries([...Object.entries(exampleOf(shapeName) as object), ...surplusMembers])
  return [{ what: 'unknown members', value, allowed: true }]
}
