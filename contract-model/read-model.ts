import { readFileSync } from 'node:fs'
import { requiredMembers } from './overrides.ts'

export type Service = 'user-pools' | 'identity-pools' | 'lifeguard'

/** The shape of a member, list element, map key or map value, with constraints that only the documentation states. */
export type Reference = {
  readonly shape: string
  readonly docMin?: number
  readonly docMax?: number
  readonly docPattern?: string
  readonly docValues?: readonly string[]
}

export type Shape = {
  readonly type: 'string' | 'integer' | 'long' | 'double' | 'boolean' | 'timestamp' | 'blob' | 'list' | 'map' | 'structure'
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly docEnum?: readonly string[]
  readonly docMax?: number
  readonly sensitive?: boolean
  readonly document?: boolean
  readonly exception?: boolean
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, Reference>>
  readonly member?: Reference
  readonly key?: Reference
  readonly value?: Reference
}

export type ModelledOperation = {
  readonly service: Service
  readonly wireName: string
  readonly authKind: string
  readonly iamEvaluated?: boolean
  readonly input: string
  readonly output?: string
  readonly errors: readonly string[]
}

/** The models of all services as one. Names are unique, and references point to names in `shapes`. */
export type Model = {
  readonly operations: ReadonlyMap<string, ModelledOperation>
  readonly shapes: ReadonlyMap<string, Shape>
}

type ModelFile = {
  readonly operations: Readonly<Record<string, Omit<ModelledOperation, 'service' | 'wireName'>>>
  readonly shapes: Readonly<Record<string, Shape>>
}

const files: readonly { service: Service; file: string; operationPrefix: string; shapePrefix: string }[] = [
  { service: 'user-pools', file: 'cognito-idp.json', operationPrefix: '', shapePrefix: '' },
  { service: 'identity-pools', file: 'cognito-identity.json', operationPrefix: 'identity:', shapePrefix: 'Identity' },
  { service: 'lifeguard', file: 'lifeguard.json', operationPrefix: 'lifeguard:', shapePrefix: 'Lifeguard' },
]

/** Names that the generated file itself declares. */
const reservedNames = new Set(['Operations', 'OperationName', 'ErrorCode', 'ModelledErrorCode'])

export function readModel(): Model {
  const operations = new Map<string, ModelledOperation>()
  const shapes = new Map<string, Shape>()
  for (const source of files) {
    const model: ModelFile = JSON.parse(readFileSync(new URL(source.file, import.meta.url), 'utf8'))
    const rename = shapeNames(model.shapes, shapes, source.shapePrefix)
    for (const [name, shape] of Object.entries(model.shapes)) shapes.set(rename(name), renameReferences(withRequired(name, shape), rename))
    for (const [name, operation] of Object.entries(model.operations)) {
      const key = operations.has(name) ? source.operationPrefix + name : name
      const output = operation.output === undefined ? {} : { output: rename(operation.output) }
      operations.set(key, {
        ...operation,
        ...output,
        service: source.service,
        wireName: name,
        input: rename(operation.input),
        errors: operation.errors,
      })
    }
  }
  return { operations, shapes }
}

function withRequired(name: string, shape: Shape): Shape {
  const more = requiredMembers[name]
  return more === undefined ? shape : { ...shape, required: [...(shape.required ?? []), ...more] }
}

/**
 * The names of the shapes of one service in the joint model. A shape keeps its name, unless an earlier service has another shape of that
 * name. Then the name gets the prefix.
 */
function shapeNames(
  incoming: Readonly<Record<string, Shape>>,
  known: ReadonlyMap<string, Shape>,
  prefix: string,
): (name: string) => string {
  const renamed = new Set<string>()
  for (const [name, shape] of Object.entries(incoming)) {
    if (shape.exception) continue
    const earlier = known.get(name)
    if (reservedNames.has(name) || (earlier !== undefined && !sameShape(earlier, shape))) renamed.add(name)
  }
  for (const name of renamed) {
    if (known.has(prefix + name) || prefix + name in incoming)
      throw new Error(`The shapes of two services are both named ${name}, and the prefixed name exists, too.`)
  }
  return (name) => (renamed.has(name) ? prefix + name : name)
}

/**
 * Whether two shapes are equal. Shapes with references never count as equal, since their text does not show what the references point to.
 */
function sameShape(one: Shape, other: Shape): boolean {
  return one.members === undefined || Object.keys(one.members).length === 0 ? JSON.stringify(one) === JSON.stringify(other) : false
}

function renameReferences(shape: Shape, rename: (name: string) => string): Shape {
  const renamed = <R extends Reference | undefined>(reference: R): R =>
    reference === undefined ? reference : { ...reference, shape: rename(reference.shape) }
  return {
    ...shape,
    ...(shape.members && {
      members: Object.fromEntries(Object.entries(shape.members).map(([name, reference]) => [name, renamed(reference)])),
    }),
    ...(shape.member && { member: renamed(shape.member) }),
    ...(shape.key && { key: renamed(shape.key) }),
    ...(shape.value && { value: renamed(shape.value) }),
  }
}
