import { definitionOf, getShape } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import { type Place, placesIn, type Request, withValueAt } from './places.ts'
import type { Trial } from './shape-values.ts'
import { surplusMembers, textBeyond, trialsOf } from './trials.ts'

/** One change to a good request. */
export type Variation = {
  readonly what: string
  /** Whether the model lets the changed request through. */
  readonly allowed: boolean
  /** The shape whose own constraints it puts to the test; `body` for the body as a whole. */
  readonly of?: string
  apply(good: Request): unknown
}

/** Every change to try on requests of the operation: in each place, and of the body as a whole. */
export function variationsOf(name: OperationName): readonly Variation[] {
  const { input } = definitionOf(name)
  const seen = new Set<string>()
  const inPlaces = placesIn(input).flatMap((place) => {
    const trials = trialsOf(place.shapeName).filter((trial) => isTelling(place, trial, seen.has(place.shapeName)))
    seen.add(place.shapeName)
    return [...absences(input, place), ...trials.map((trial) => variationAt(input, place, trial))]
  })
  return [...inPlaces, ...longTextVariation(input), surplusVariation(), ...bodies(input)]
}

/**
 * The same without what says nothing new: a value that the model refuses for its shape is refused by the same code in every operation.
 * What is missing, and what a handler gets to see, is tried in each.
 */
export class Refusals {
  readonly #tried = new Set<string>()

  withoutRepetition(name: OperationName): readonly Variation[] {
    const fresh = variationsOf(name).filter(({ allowed, of }) => allowed || of === undefined || !this.#tried.has(of))
    for (const { of } of fresh) if (of !== undefined) this.#tried.add(of)
    return fresh
  }
}

/** The changes to single places that the model lets through: several of them at once are still a request. */
export function allowedVariationsOf(name: OperationName): readonly Variation[] {
  return variationsOf(name).filter(({ allowed }) => allowed)
}

/** What triggers and risk engines are told; no operation looks into it. */
const passedOn = ['ClientMetadata', 'AnalyticsMetadata', 'UserContextData', 'ContextData', 'ValidationData']

/** A trigger's ARN stands in twenty places of a pool; the first tells what the other nineteen would. */
function isTelling({ path: [member = ''] }: Place, { what }: Trial, isRepeated: boolean): boolean {
  const isPlain = !what.startsWith('a hostile') && !what.startsWith('a value that is no')
  return isPlain || !(isRepeated || passedOn.includes(String(member)))
}

function longTextVariation(input: string): Variation[] {
  const place = placesIn(input).find(({ shapeName }) => getShape(shapeName).type === 'string')
  if (place === undefined) return []
  const value = textBeyond(getShape(place.shapeName).max)
  return [variationAt(input, place, { what: 'a very long text', value, allowed: false })]
}

function variationAt(input: string, { path, shapeName }: Place, { what, value, allowed }: Trial): Variation {
  return { what: `${path.join('.')}: ${what}`, allowed, of: shapeName, apply: (good) => withValueAt(good, input, path, value) }
}

/** Null is the same as nothing; but a list has no holes, and what is optional is missing in most requests anyway. */
function absences(input: string, place: Place): Variation[] {
  const { of: _shape, ...none } = variationAt(input, place, { what: 'missing', value: undefined, allowed: false })
  const { of: _again, ...isNull } = variationAt(input, place, { what: 'null', value: null, allowed: !place.required })
  return place.required && place.path.at(-1) !== 0 ? [none, isNull] : [isNull]
}

function surplusVariation(): Variation {
  return { what: 'surplus members', allowed: true, apply: (good) => Object.fromEntries([...Object.entries(good), ...surplusMembers]) }
}

/** Bodies that are no request at all. */
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
