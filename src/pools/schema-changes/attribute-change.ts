import { invalidParameter } from '../../contract/api-error.ts'
import { type AttributeDefinition, type AttributeType, isStandardAttribute, requireValidAttribute } from '../attribute-schema.ts'
import { conflictOf, type SchemaRules, type ValueCheck } from './schema-rules.ts'

type Bounds = { readonly min: string | undefined; readonly max: string | undefined }

/** What a schema change does to one attribute. An undefined member stays as it is. */
export type AttributeChange = {
  /** The present name, with its prefix. */
  readonly name: string
  readonly isRemoved: boolean
  /** With the same prefix. */
  readonly newName: string | undefined
  readonly type: AttributeType | undefined
  readonly mutable: boolean | undefined
  readonly required: boolean | undefined
  /** The value of users who have none, when the attribute becomes required. */
  readonly defaultValue: string | undefined
  /** Whether users without a value of an attribute that becomes required are counted only, instead of being a conflict. */
  readonly reportsMissing: boolean
  readonly length: Bounds | undefined
  readonly range: Bounds | undefined
}

type Schema = readonly AttributeDefinition[]

/** The attributes that the server sets. */
const ownedByTheServer = ['sub', 'email_verified', 'phone_number_verified', 'identities']
const customName = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,20}$/u

/**
 * The schema after the changes.
 * @throws ApiError InvalidParameterException when a change names an unknown attribute, is not possible, or does not fit another one
 */
export function changeSchema(schema: Schema, changes: readonly AttributeChange[]): Schema {
  const names = new Set(schema.map(({ name }) => name))
  const byName = new Map<string, AttributeChange>()
  for (const change of changes) {
    if (byName.has(change.name)) throw invalidParameter(`${change.name}: there is more than one change of this attribute.`)
    byName.set(change.name, change)
    if (change.newName === undefined) continue
    // Also a name that the same change gives up: until the change is finished, users have both values.
    if (names.has(change.newName)) throw invalidParameter(`${change.name}: NewName ${change.newName} is the name of another attribute.`)
    names.add(change.newName)
  }
  for (const change of changes) {
    const definition = schema.find(({ name }) => name === change.name)
    if (definition === undefined) throw invalidParameter(`${change.name}: the user pool has no such attribute.`)
    requirePossible(definition, change)
  }
  return schema.flatMap((definition) => {
    const change = byName.get(definition.name)
    if (change === undefined) return [definition]
    return change.isRemoved ? [] : [changeDefinition(definition, change)]
  })
}

function requirePossible(definition: AttributeDefinition, change: AttributeChange): void {
  const problem = isStandardAttribute(definition.name) ? problemOfStandard(change) : problemOfCustom(definition, change)
  if (problem !== undefined) throw invalidParameter(`${change.name}: ${problem}`)
  if (change.isRemoved) return
  const after = changeDefinition(definition, change)
  requireValidAttribute(after)
  if (change.length !== undefined && after.type !== 'String') throw constraintsOfOther(change.name, 'StringAttributeConstraints')
  if (change.range !== undefined && after.type !== 'Number') throw constraintsOfOther(change.name, 'NumberAttributeConstraints')
  if (change.defaultValue === undefined) return
  if (change.required !== true) throw invalidParameter(`${change.name}: DefaultValue is for an attribute that becomes required.`)
  if (change.reportsMissing) throw invalidParameter(`${change.name}: give either DefaultValue or MissingValues REPORT.`)
  if (conflictOf({ definition: after, missing: 'REFUSE' }, change.defaultValue) === undefined) return
  throw invalidParameter(`${change.name}: DefaultValue does not conform to the new schema.`)
}

const constraintsOfOther = (name: string, member: string) => invalidParameter(`${name}: ${member} do not fit the type of the attribute.`)

function problemOfStandard({ name, isRemoved, newName, type, defaultValue }: AttributeChange): string | undefined {
  if (ownedByTheServer.includes(name)) return 'the server sets this attribute, so it cannot be changed.'
  if (isRemoved) return 'a standard attribute cannot be removed.'
  if (newName !== undefined) return 'a standard attribute cannot be renamed.'
  if (type !== undefined) return 'the type of a standard attribute cannot be changed.'
  if (defaultValue !== undefined) return 'a standard attribute cannot have a DefaultValue. Use MissingValues REPORT.'
  return undefined
}

function problemOfCustom(definition: AttributeDefinition, change: AttributeChange): string | undefined {
  const { isRemoved, newName, type, mutable, required, defaultValue, reportsMissing, length, range } = change
  const others = [newName, type, mutable, required, defaultValue, length, range]
  if (isRemoved) return others.some((member) => member !== undefined) ? 'Remove cannot have other members beside it.' : undefined
  if (others.every((member) => member === undefined)) return `the change changes nothing${reportsMissing ? ' but MissingValues' : ''}.`
  const prefix = prefixOf(definition)
  if (newName !== undefined && !(newName.startsWith(prefix) && customName.test(newName.slice(prefix.length)))) {
    return `NewName must be ${prefix} and 1 to 20 letters, digits, symbols or punctuation characters.`
  }
  if (definition.developerOnly && required === true) return 'a developer-only attribute cannot be required: apps cannot write it.'
  return undefined
}

const prefixOf = ({ developerOnly }: AttributeDefinition): string => (developerOnly ? 'dev:custom:' : 'custom:')

function changeDefinition(definition: AttributeDefinition, change: AttributeChange): AttributeDefinition {
  const type = change.type ?? definition.type
  const open = { min: undefined, max: undefined }
  return {
    ...definition,
    name: change.newName ?? definition.name,
    type,
    mutable: change.mutable ?? definition.mutable,
    required: change.required ?? definition.required,
    length: type === 'String' ? (change.length ?? definition.length ?? open) : undefined,
    range: type === 'Number' ? (change.range ?? definition.range ?? open) : undefined,
  }
}

/** What the values of users must conform to, by present name. Attributes that are only renamed, or removed, need no check. */
export function checksOf(schema: Schema, changes: readonly AttributeChange[]): SchemaRules['checks'] {
  const checks: Record<string, ValueCheck> = {}
  for (const change of changes) {
    const before = schema.find(({ name }) => name === change.name)
    if (before === undefined || change.isRemoved) continue
    const becomesRequired = !before.required && change.required === true
    if (change.type === undefined && change.length === undefined && change.range === undefined && !becomesRequired) continue
    const missing = becomesRequired && change.defaultValue === undefined ? (change.reportsMissing ? 'REPORT' : 'REFUSE') : undefined
    checks[change.name] = { definition: { ...changeDefinition(before, change), name: change.name }, missing }
  }
  return checks
}
