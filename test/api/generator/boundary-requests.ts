import { definitionOf, getShape } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import { type Field, fieldsIn, type Request, withValueAt } from './fields.ts'
import type { TriedValue } from './shape-values.ts'
import { surplusMembers, textBeyond, triedValuesOf } from './tried-values.ts'

/** One change of a good request. */
export type Variation = {
  readonly what: string
  /** Whether the model allows the changed request. */
  readonly allowed: boolean
  /** The shape whose constraints the change tests; `body` for the body as a whole. */
  readonly of?: string
  apply(good: Request): unknown
}

/** All changes to try on requests of the operation: in each field, and of the body as a whole. */
export function variationsOf(name: OperationName): readonly Variation[] {
  const { input } = definitionOf(name)
  const seen = new Set<string>()
  const inFields = fieldsIn(input).flatMap((field) => {
    const triedValues = triedValuesOf(field.shapeName).filter((tried) => isWorthTrying(field, tried, seen.has(field.shapeName)))
    seen.add(field.shapeName)
    return [...absences(input, field), ...triedValues.map((tried) => variationAt(input, field, tried))]
  })
  return [...inFields, ...longTextVariation(input), surplusVariation(), ...bodies(input)]
}

/**
 * Gives out the variations of one operation after another, without repetitions. All operations share the code that rejects a value because
 * of its shape, so only the first operation tries such values of a shape. Missing members, and values that reach a handler, are tried in
 * each operation.
 */
export class NewVariations {
  readonly #tried = new Set<string>()

  newFor(name: OperationName): readonly Variation[] {
    const untried = variationsOf(name).filter(({ allowed, of }) => allowed || of === undefined || !this.#tried.has(of))
    for (const { of } of untried) if (of !== undefined) this.#tried.add(of)
    return untried
  }
}

/** The changes that the model allows. Several of them can be combined in one request. */
export function allowedVariationsOf(name: OperationName): readonly Variation[] {
  return variationsOf(name).filter(({ allowed }) => allowed)
}

/** Members that operations do not use themselves, but pass on to triggers and to the assessment of risks. */
const ignoredMembers = ['ClientMetadata', 'AnalyticsMetadata', 'UserContextData', 'ContextData', 'ValidationData']

/**
 * Whether it is worth trying the value in the field, because the value can find a new fault there. One shape can be in many fields, such as
 * a trigger's ARN in twenty fields of a pool. Hostile texts and wrong types are tried in the first of these fields only, and never in
 * `ignoredMembers`.
 */
function isWorthTrying({ path: [member = ''] }: Field, { what }: TriedValue, isRepeated: boolean): boolean {
  const isPlain = !what.startsWith('a hostile') && !what.startsWith('a value that is no')
  return isPlain || !(isRepeated || ignoredMembers.includes(String(member)))
}

function longTextVariation(input: string): Variation[] {
  const field = fieldsIn(input).find(({ shapeName }) => getShape(shapeName).type === 'string')
  if (field === undefined) return []
  const value = textBeyond(getShape(field.shapeName).max)
  return [variationAt(input, field, { what: 'a very long text', value, allowed: false })]
}

function variationAt(input: string, { path, shapeName }: Field, { what, value, allowed }: TriedValue): Variation {
  return { what: `${path.join('.')}: ${what}`, allowed, of: shapeName, apply: (good) => withValueAt(good, input, path, value) }
}

/**
 * The variations in which `field` has no value. In one, the field is null, which means the same as a missing member. In another, a required
 * field is left out. Elements of lists cannot be left out, and good requests lack most optional members anyway.
 */
function absences(input: string, field: Field): Variation[] {
  const { of: _shape, ...none } = variationAt(input, field, { what: 'missing', value: undefined, allowed: false })
  const { of: _again, ...isNull } = variationAt(input, field, { what: 'null', value: null, allowed: !field.required })
  return field.required && field.path.at(-1) !== 0 ? [none, isNull] : [isNull]
}

function surplusVariation(): Variation {
  return { what: 'unknown members', allowed: true, apply: (good) => Object.fromEntries([...Object.entries(good), ...surplusMembers]) }
}

/** Bodies that are no valid request of any operation whose input is the shape `input`. */
function bodies(input: string): Variation[] {
  const texts = ['null', '[]', '[{}]', '"a"', '1', 'true', '{', '{"a":1}}', '{a:1}', "{'a':1}", '\ufeff{', 'a=1&b=2', '['.repeat(100_000)]
  if ((getShape(input).required ?? []).length > 0) texts.push('', '{}')
  const bytes = [...texts.map((text) => Buffer.from(text)), Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), Buffer.from([0])]
  return bytes.map((body) => ({
    what: `the body ${JSON.stringify(body.toString().slice(0, 20))}`,
    allowed: false,
    of: 'body',
    apply: () => body,
  }))
}
