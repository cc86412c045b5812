import { invalidParameter } from '../contract/api-error.ts'
import type { SchemaAttributeType } from '../contract/generated/types.ts'
import {
  type AttributeDefinition,
  type AttributeType,
  isStandardAttribute,
  requireValidAttribute,
  standardAttributes,
} from './attribute-schema.ts'

/** The most custom attributes that one pool can have. */
const maxCustomAttributes = 50

/** The schema of a new pool: the standard attributes, adjusted as the request says, then its custom attributes. */
export function readSchema(list: readonly SchemaAttributeType[] = []): readonly AttributeDefinition[] {
  const adjustments = new Map<string, SchemaAttributeType>()
  const custom: SchemaAttributeType[] = []
  for (const entry of list) {
    const name = entry.Name ?? ''
    if (!isAdjustable(name)) custom.push(entry)
    else if (adjustments.has(name)) throw attributeExists(name)
    else adjustments.set(name, entry)
  }
  return addCustomAttributes(
    standardAttributes.map((standard) => adjustStandard(standard, adjustments.get(standard.name))),
    custom,
  )
}

/** The `…_verified` attributes belong to the server. A request that names one creates a custom attribute of that name (observed). */
const isAdjustable = (name: string): boolean => isStandardAttribute(name) && !name.endsWith('_verified')

/**
 * `schema` and the custom attributes of the request.
 * @throws ApiError InvalidParameterException when an attribute is invalid or exists, or when there are too many
 */
export function addCustomAttributes(
  schema: readonly AttributeDefinition[],
  list: readonly SchemaAttributeType[],
): readonly AttributeDefinition[] {
  const all = new Map(schema.map((definition) => [definition.name, definition]))
  for (const entry of list) {
    const definition = readCustomAttribute(entry)
    if (all.has(definition.name)) throw attributeExists(definition.name)
    all.set(definition.name, definition)
  }
  if (all.size > standardAttributes.length + maxCustomAttributes) {
    throw invalidParameter(`A user pool cannot have more than ${maxCustomAttributes} custom attributes.`)
  }
  return [...all.values()]
}

export function writeSchemaAttribute(definition: AttributeDefinition): SchemaAttributeType {
  const { length, range } = definition
  return {
    Name: definition.name,
    AttributeDataType: definition.type,
    DeveloperOnlyAttribute: definition.developerOnly,
    Mutable: definition.mutable,
    Required: definition.required,
    ...(range && { NumberAttributeConstraints: { MinValue: range.min, MaxValue: range.max } }),
    ...(length && { StringAttributeConstraints: { MinLength: length.min, MaxLength: length.max } }),
  }
}

/** A request can make a standard attribute required or immutable and change its bounds, but not its type. */
function adjustStandard(standard: AttributeDefinition, entry: SchemaAttributeType | undefined): AttributeDefinition {
  if (entry === undefined) return standard
  if ((entry.AttributeDataType ?? standard.type) !== standard.type || entry.DeveloperOnlyAttribute === true) {
    throw invalidParameter(
      `You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute ${standard.name}`,
    )
  }
  const adjusted: AttributeDefinition = {
    ...standard,
    mutable: entry.Mutable ?? standard.mutable,
    required: entry.Required ?? standard.required,
    length: standard.length && { ...standard.length, ...readLength(entry) },
    range: standard.range && { ...standard.range, ...readRange(entry) },
  }
  if (standard.name === 'sub' && (adjusted.mutable || !adjusted.required)) {
    throw invalidParameter('Existing schema attributes cannot be modified or deleted.')
  }
  requireValidAttribute(adjusted)
  return adjusted
}

function readCustomAttribute(entry: SchemaAttributeType): AttributeDefinition {
  const developerOnly = entry.DeveloperOnlyAttribute ?? false
  const name = `${developerOnly ? 'dev:custom:' : 'custom:'}${entry.Name ?? ''}`
  if (entry.Name === undefined) throw invalidParameter('Every schema attribute needs a Name.')
  if (entry.Required === true) throw invalidParameter('Required custom attributes are not supported currently.')
  if (entry.AttributeDataType === undefined) {
    throw invalidParameter('Invalid AttributeDataType input, consider using the provided AttributeDataType enum.')
  }
  const type: AttributeType = entry.AttributeDataType
  const definition: AttributeDefinition = {
    name,
    type,
    // What Cognito does without `Mutable` is not documented. A mutable attribute is the least surprising.
    mutable: entry.Mutable ?? true,
    required: false,
    developerOnly,
    // A length counts only for the type String, and a range only for Number. Other constraints are ignored, as in the example of the API
    // reference.
    length: type === 'String' ? { min: undefined, max: undefined, ...readLength(entry) } : undefined,
    range: type === 'Number' ? { min: undefined, max: undefined, ...readRange(entry) } : undefined,
  }
  requireValidAttribute(definition)
  return definition
}

function readLength({ StringAttributeConstraints: constraints }: SchemaAttributeType): { min?: string; max?: string } {
  return readBounds(constraints?.MinLength, constraints?.MaxLength)
}

function readRange({ NumberAttributeConstraints: constraints }: SchemaAttributeType): { min?: string; max?: string } {
  return readBounds(constraints?.MinValue, constraints?.MaxValue)
}

function readBounds(min: string | undefined, max: string | undefined): { min?: string; max?: string } {
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
}

function attributeExists(name: string) {
  return invalidParameter(`${name}: Existing attribute already has name ${name}.`)
}
