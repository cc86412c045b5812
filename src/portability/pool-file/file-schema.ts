import { definitionOf, getShape } from '../../contract/model.ts'
import type { Kind } from './kind.ts'
import { topKinds } from './kinds.ts'
import { usersSchema } from './users-schema.ts'

export type JsonSchema = { readonly [name: string]: unknown }

/** A text that is read from elsewhere when the file is applied. */
const referencePattern = '^(env|file|text):'

/**
 * The JSON Schema (draft 2020-12) of pool files. It is made from the contract, so that it has the members and limits of the API. Patterns of
 * texts are left to the operations, which explain them better.
 */
export function fileSchema(): JsonSchema {
  const definitions = new Map<string, JsonSchema>()
  const sections = Object.fromEntries(topKinds.map((kind) => [kind.section, sectionSchema(kind, definitions)]))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Pool file of Lifeguard',
    type: 'object',
    properties: { $schema: { type: 'string' }, ...sections },
    additionalProperties: false,
    $defs: Object.fromEntries([...definitions].sort(([one], [other]) => (one < other ? -1 : 1))),
  }
}

function sectionSchema(kind: Kind, definitions: Map<string, JsonSchema>): JsonSchema {
  const thing = thingSchema(kind, definitions)
  return kind.isSingle ? thing : { type: 'array', items: thing }
}

function thingSchema(kind: Kind, definitions: Map<string, JsonSchema>): JsonSchema {
  const { members = {}, required = [] } = getShape(definitionOf(kind.request).input)
  const given = Object.entries(members).filter(([name]) => !kind.omitted.includes(name))
  const sections = (kind.sections ?? []).map((section) => [section.section, sectionSchema(section, definitions)])
  return {
    type: 'object',
    properties: {
      ...kind.own,
      ...Object.fromEntries(given.map(([name, shape]) => [name, reference(shape, definitions)])),
      ...Object.fromEntries(sections),
      ...(kind.section === 'UserPools' && { Users: usersSchema }),
    },
    required: required.filter((name) => !kind.omitted.includes(name)),
    additionalProperties: false,
  }
}

/** A reference to the definition of a shape, which is made at first use. */
function reference(shapeName: string, definitions: Map<string, JsonSchema>): JsonSchema {
  if (!definitions.has(shapeName)) {
    definitions.set(shapeName, {})
    definitions.set(shapeName, shapeSchema(shapeName, definitions))
  }
  return { $ref: `#/$defs/${shapeName}` }
}

function shapeSchema(shapeName: string, definitions: Map<string, JsonSchema>): JsonSchema {
  const shape = getShape(shapeName)
  const { min, max, members = {}, member = '', value = '', required = [] } = shape
  switch (shape.type) {
    case 'structure':
      return {
        type: 'object',
        properties: Object.fromEntries(Object.entries(members).map(([name, of]) => [name, reference(of, definitions)])),
        ...(required.length > 0 && { required }),
        additionalProperties: false,
      }
    case 'list':
      return { type: 'array', items: reference(member, definitions), ...bounds(min, max, 'Items') }
    case 'map':
      return { type: 'object', additionalProperties: reference(value, definitions) }
    case 'string':
      return shape.enum ? orReference({ enum: shape.enum }) : orReference({ type: 'string', ...bounds(min, max, 'Length') })
    case 'blob':
      return { type: 'string', description: 'Base64, or file: with the path of the file.' }
    case 'boolean':
      return { type: 'boolean' }
    case 'integer':
    case 'long':
      return { type: 'integer', ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) }
    case 'double':
    case 'timestamp':
      return { type: 'number' }
    case 'document':
      return {}
  }
}

/** References are resolved before the file is checked. In an editor they must be allowed where they stand. */
function orReference(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'string', pattern: referencePattern }] }
}

function bounds(min: number | undefined, max: number | undefined, noun: 'Items' | 'Length'): JsonSchema {
  return { ...(min !== undefined && { [`min${noun}`]: min }), ...(max !== undefined && { [`max${noun}`]: max }) }
}
