import { getShape, type Shape } from '../../../src/contract/model.ts'
import { exampleOf, mapKey } from './shape-values.ts'

export type Request = Readonly<Record<string, unknown>>

/** A step into a request: a member or map key by name, or the first element of a list. */
type Step = string | 0

/** A field of the requests of an operation, at any depth. */
export type Field = { readonly path: readonly Step[]; readonly shapeName: string; readonly required: boolean }

/** All fields below the input shape, outer ones first. */
export function fieldsIn(shapeName: string, path: readonly Step[] = [], above: readonly string[] = []): Field[] {
  const shape = getShape(shapeName)
  return stepsInto(shape).flatMap(({ step, inner, required }) => {
    // A shape that contains itself is entered once, or there would be no end.
    const deeper = above.includes(inner) ? [] : fieldsIn(inner, [...path, step], [...above, shapeName])
    return [{ path: [...path, step], shapeName: inner, required }, ...deeper]
  })
}

function stepsInto(shape: Shape): { step: Step; inner: string; required: boolean }[] {
  const { members = {}, required = [], member = '', value = '' } = shape
  switch (shape.type) {
    case 'structure':
      return Object.entries(members).map(([name, inner]) => ({ step: name, inner, required: required.includes(name) }))
    case 'list':
      return [{ step: 0, inner: member, required: true }]
    case 'map':
      return [{ step: mapKey(shape, 0), inner: value, required: false }]
    default:
      return []
  }
}

/**
 * `request` with `value` in the field at `path`. Missing structures around the field get example values. A `value` of undefined removes the
 * field.
 */
export function withValueAt(request: unknown, inputShape: string, path: readonly Step[], value: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  const shape = getShape(inputShape)
  const inner = stepsInto(shape).find((each) => each.step === step)?.inner ?? ''
  const container = request ?? exampleOf(inputShape)
  if (Array.isArray(container)) {
    const [first, ...others] = container
    return [withValueAt(first, inner, rest, value), ...others]
  }
  const changed = withValueAt((container as Request)[step], inner, rest, value)
  const others = Object.entries(container as Request).filter(([name]) => name !== step)
  // Built from entries, because an assignment to the key `__proto__` would set the prototype instead of adding the key.
  return Object.fromEntries(changed === undefined ? others : [...others, [step, changed]])
}

export function printed(path: readonly Step[]): string {
  return path.join('.')
}
