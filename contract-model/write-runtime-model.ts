import { readFileSync } from 'node:fs'
import { checkedPatterns, memberOverrides, shapeOverrides } from './overrides.ts'
import type { Model, ModelledOperation, Reference, Shape } from './read-model.ts'
import { enumValues, reachableShapes, shapeOf } from './write-types.ts'

type Validator = { readonly pattern: string; readonly source: string; readonly flags: string }

const validators: readonly Validator[] = JSON.parse(readFileSync(new URL('validators.json', import.meta.url), 'utf8'))

/** The contract for the server at run time, as JSON. Each entry is one line, so that differences are easy to read. */
export function writeRuntimeModel(model: Model): string {
  const shapes = runtimeShapes(model)
  const patterns = new Map<string, object>()
  for (const { pattern } of Object.values(shapes)) if (pattern !== undefined) addPattern(patterns, pattern)
  const operations = Object.fromEntries([...model.operations].map(([name, operation]) => [name, runtimeOperation(operation)]))
  const sections = { operations, shapes, patterns: Object.fromEntries(patterns) }
  return `{\n${Object.entries(sections)
    .map(([name, entries]) => `"${name}": {\n${lines(entries)}\n}`)
    .join(',\n')}\n}\n`
}

function lines(entries: Readonly<Record<string, unknown>>): string {
  return Object.entries(entries)
    .map(([name, entry]) => `${JSON.stringify(name)}: ${JSON.stringify(entry)}`)
    .join(',\n')
}

function runtimeOperation({ service, wireName, authKind, iamEvaluated, input, output, errors }: ModelledOperation): object {
  // The model says that GetClientToken is signed. According to its documentation, the client's own secret authenticates it.
  const signed = authKind === 'SigV4' && iamEvaluated !== false
  return { service, wireName, signed, input, output, errors }
}

/** All reachable shapes, and an additional one (`Structure.Member`) for each member whose constraints differ from those of its shape. */
function runtimeShapes(model: Model): Record<string, Shape & { emptyAllowed?: true }> {
  const shapes: Record<string, object> = {}
  const pointTo = (owner: string, place: string, reference: Reference): string => {
    const name = `${owner}.${place}`
    const override = memberOverrides[name] ?? fromDocumentation(reference)
    if (override === undefined) return reference.shape
    const { pattern: _pattern, min: _min, max: _max, ...base } = constraints(reference.shape, shapeOf(model, reference.shape))
    const kept = name in memberOverrides ? base : constraints(reference.shape, shapeOf(model, reference.shape))
    shapes[name] = { ...kept, ...override }
    return name
  }
  for (const name of [...reachableShapes(model)].sort()) {
    const shape = shapeOf(model, name)
    if (shape.document) {
      shapes[name] = { type: 'document' }
      continue
    }
    const members = Object.entries(shape.members ?? {}).map(([member, reference]) => [member, pointTo(name, member, reference)])
    shapes[name] = {
      ...constraints(name, shape),
      ...(shape.required && { required: shape.required }),
      ...(shape.type === 'structure' && { members: Object.fromEntries(members) }),
      ...(shape.member && { member: pointTo(name, 'member', shape.member) }),
      ...(shape.key && { key: pointTo(name, 'key', shape.key) }),
      ...(shape.value && { value: pointTo(name, 'value', shape.value) }),
    }
  }
  return shapes as Record<string, Shape>
}

/** The shape's own constraints, without its references. */
function constraints(name: string, shape: Shape): Partial<Shape> {
  const { type, sensitive, min, pattern } = { ...shape, ...shapeOverrides[name] }
  const values = enumValues(shape)
  const max = shape.docMax ?? shape.max
  return {
    type,
    ...(sensitive && { sensitive }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(pattern !== undefined && { pattern }),
    ...(values.length > 0 && { enum: values }),
  }
}

function fromDocumentation({ docMin, docMax, docPattern, docValues }: Reference): Partial<Shape> | undefined {
  if (docMin === undefined && docMax === undefined && docPattern === undefined && docValues === undefined) return undefined
  return {
    ...(docMin !== undefined && { min: docMin }),
    ...(docMax !== undefined && { max: docMax }),
    ...(docPattern !== undefined && { pattern: docPattern }),
    ...(docValues !== undefined && { enum: docValues }),
  }
}

/** Adds a pattern only if it must be written differently in JavaScript. */
function addPattern(patterns: Map<string, object>, pattern: string): void {
  const validator = validators.find((candidate) => candidate.pattern === pattern)
  if (validator === undefined) {
    if (checkedPatterns.has(pattern)) return
    throw new Error(`The pattern ${pattern} is not checked for JavaScript. Add it to validators.json.`)
  }
  const { source, flags } = validator
  if (source !== pattern || flags !== 'u') patterns.set(pattern, { source, flags })
}
