import { getShape, type Shape } from '../../../src/contract/model.ts'
import { matcherFor } from '../../../src/contract/patterns.ts'

/** A value to try, and whether the model allows it. A handler may reject what the model allows. */
export type TriedValue = { readonly what: string; readonly value: unknown; readonly allowed: boolean }

/** Texts that match the patterns of the model's string shapes, and fillers that make these texts longer. */
const seeds = [
  ...['', 'a', 'aA1!', 'us-east-1_a', 'us-east-1_0', 'a@b', '{####}', '{##a##}', 'https://a', 'us-east-1:0', '+1', 'a/b', '/a'],
  ...['arn:a:a:a:1:a', 'arn:a:a:::a', 'tkn', 'import-a', 'terms-of-use', 'cognito:default', 'authenticated'],
  '00000000-0000-4000-8000-000000000000',
]
const fillers = ['a', '0', ' ', '0a']

const strings = new Map<string, string | undefined>()

/** A text of exactly this length that the shape allows. Undefined when none was found. */
export function stringOfLength(shapeName: string, length: number): string | undefined {
  const key = `${shapeName} ${length}`
  if (!strings.has(key)) strings.set(key, findString(getShape(shapeName), length))
  return strings.get(key)
}

function findString(shape: Shape, length: number): string | undefined {
  for (const seed of seeds) {
    if (seed.length > length) continue
    for (const filler of fillers) {
      const fill = filler.repeat(length - seed.length).slice(0, length - seed.length)
      const middle = Math.ceil(seed.length / 2)
      const found = [seed + fill, fill + seed, seed.slice(0, middle) + fill + seed.slice(middle)].find((text) => isAllowed(shape, text))
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Whether the model allows this text. Lengths are in UTF-16 units, as in Java. */
export function isAllowed(shape: Shape, text: string): boolean {
  if (!text.isWellFormed() || text.includes('\0')) return false
  if (shape.emptyAllowed && text === '') return true
  const { min = 0, max = Number.POSITIVE_INFINITY, pattern, enum: values } = shape
  if (text.length < min || text.length > max || (values !== undefined && !values.includes(text))) return false
  return pattern === undefined || matcherFor(pattern)(text)
}

const longestShortString = 64

/** The shortest text, of at least one character, that the shape allows. */
function shortString(shapeName: string): string {
  const { min = 1, enum: values } = getShape(shapeName)
  if (values?.[0] !== undefined) return values[0]
  for (let length = Math.max(min, 1); length <= Math.max(min, longestShortString); length++) {
    const text = stringOfLength(shapeName, length)
    if (text !== undefined) return text
  }
  throw new Error(`No text matches the pattern of ${shapeName}. Add one that does to \`seeds\`.`)
}

/** A small value that the shape allows, with required members only. */
export function exampleOf(shapeName: string): unknown {
  const shape = getShape(shapeName)
  switch (shape.type) {
    case 'string':
      return shortString(shapeName)
    case 'integer':
    case 'long':
      return shape.min ?? Math.min(1, shape.max ?? 1)
    case 'double':
      return 0.5
    case 'boolean':
      return true
    case 'timestamp':
      return 1_750_000_000.5
    case 'blob':
      return Buffer.alloc(Math.max(shape.min ?? 0, 3), 7).toString('base64')
    case 'document':
      return {}
    case 'list':
      return Array.from({ length: shape.min ?? 1 }, () => exampleOf(shape.member ?? ''))
    case 'map':
      return Object.fromEntries(Array.from({ length: shape.min ?? 1 }, (_, at) => [mapKey(shape, at), exampleOf(shape.value ?? '')]))
    case 'structure':
      return Object.fromEntries((shape.required ?? []).map((name) => [name, exampleOf(shape.members?.[name] ?? '')]))
  }
}

/** A key of the map, different for each number `at` if the shape of the keys allows that. */
export function mapKey({ key = '' }: Shape, at: number): string {
  const example = shortString(key)
  const numbered = `${example}${at}`
  return at > 0 && isAllowed(getShape(key), numbered) ? numbered : example
}
