import fc from 'fast-check'
import { definitionOf, getShape, type Shape } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import type { Plausible, Values } from './plausible-values.ts'
import { exampleOf, mapKey } from './shape-values.ts'
import { hostileTexts, surplusMembers, triedValuesOf } from './tried-values.ts'

/** Optional members that nearly all random requests have, because most requests without them are rejected early. */
const usefulMembers = ['AuthParameters', 'ChallengeResponses', 'Session', 'PreviousPassword']

type Weighted = fc.WeightedArbitrary<unknown>

/** Requests that are mostly plausible: `plausible` values for known members, and sometimes an odd value. */
export function randomRequest(name: OperationName, plausible: Plausible): fc.Arbitrary<unknown> {
  return structureOf(getShape(definitionOf(name).input), { ...plausible.members, ...plausible.of[name] })
}

function structureOf({ members = {}, required = [] }: Shape, known: Values): fc.Arbitrary<unknown> {
  const needed = Object.keys(members).filter((member) => required.includes(member) || usefulMembers.includes(member))
  const optional = Object.keys(members).filter((member) => !needed.includes(member))
  const entry = (member: string) => fc.tuple(fc.constant(member), memberOf(member, members[member] ?? '', known))
  const some = fc.subarray(optional, { maxLength: Math.min(optional.length, 5) })
  const names = fc.tuple(mostly(fc.constant(needed), fc.subarray(needed)), some)
  const surplus = mostly<(readonly [string, unknown])[]>(fc.constant([]), fc.subarray([...surplusMembers]))
  return fc
    .tuple(
      names.chain(([certain, chosen]) => fc.tuple(...[...certain, ...chosen].map(entry))),
      surplus,
    )
    .map(([entries, more]) => Object.fromEntries<unknown>([...entries, ...more]))
}

/** Usually a value of `usual`, and sometimes a value of `odd`. */
function mostly<T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 29, arbitrary: usual }, { weight: 1, arbitrary: odd })
}

function memberOf(member: string, shapeName: string, known: Values): fc.Arbitrary<unknown> {
  const values = known[member]
  const usual: Weighted[] = values ? [{ weight: 60, arbitrary: fc.constantFrom(...values) }] : []
  return fc.oneof(
    ...usual,
    { weight: values ? 6 : 60, arbitrary: someValue(shapeName, known) },
    { weight: 1, arbitrary: oddValueOf(shapeName) },
  )
}

function someValue(shapeName: string, known: Values): fc.Arbitrary<unknown> {
  const shape = getShape(shapeName)
  switch (shape.type) {
    case 'string':
      return stringOf(shapeName, shape)
    case 'integer':
    case 'long':
      return fc.integer({ min: shape.min ?? 0, max: Math.min(shape.max ?? 1000, 2 ** 31 - 1) })
    case 'boolean':
      return fc.boolean()
    case 'list':
      return fc.array(memberOf('', shape.member ?? '', known), { minLength: shape.min ?? 0, maxLength: Math.min(shape.max ?? 3, 4) })
    case 'map':
      return fc.dictionary(mapKeyOf(shape), memberOf('', shape.value ?? '', known), { maxKeys: 3 })
    case 'structure':
      return structureOf(shape, known)
    default:
      return fc.constant(exampleOf(shapeName))
  }
}

function stringOf(shapeName: string, { enum: values, max = 40 }: Shape): fc.Arbitrary<unknown> {
  if (values !== undefined) return fc.constantFrom(...values)
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(exampleOf(shapeName)) },
    { weight: 2, arbitrary: fc.stringMatching(/^[A-Za-z0-9_]{1,24}$/) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: Math.min(max, 40) }) },
    { weight: 1, arbitrary: fc.constantFrom(...hostileTexts) },
  )
}

function mapKeyOf(shape: Shape): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(mapKey(shape, 0), mapKey(shape, 1)),
    fc.stringMatching(/^[A-Za-z]{1,12}$/),
    fc.constantFrom(...hostileTexts),
  )
}

function oddValueOf(shapeName: string): fc.Arbitrary<unknown> {
  const odd = triedValuesOf(shapeName).map(({ value }) => value)
  return fc.constantFrom(null, ...odd)
}
