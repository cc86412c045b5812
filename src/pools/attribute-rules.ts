import { type ApiError, invalidParameter } from '../contract/api-error.ts'
import type { AppClient } from './app-client.ts'
import { isBirthdate, isDecimal, isEmailAddress, isPhoneNumber, looksLikeEmailAddress, looksLikePhoneNumber } from './attribute-formats.ts'
import { type AttributeDefinition, maxValueLength } from './attribute-schema.ts'
import type { Pool } from './pool.ts'

/** Attribute names and values. Values are always text. An empty value means "no value": an update with it removes the attribute. */
export type AttributeValues = Readonly<Record<string, string>>

/**
 * Checks names and values against the pool's schema. Other functions check which attributes a client may write, which are required and
 * which cannot change.
 * @throws ApiError InvalidParameterException when a name is not in the schema or a value does not conform to it
 */
export function checkAttributes(pool: Pick<Pool, 'schema' | 'aliasAttributes'>, attributes: AttributeValues): void {
  const schema = new Map(pool.schema.map((definition) => [definition.name, definition]))
  const problems: string[] = []
  for (const [name, value] of Object.entries(attributes)) {
    const definition = schema.get(name)
    if (definition === undefined) throw nonconforming(`Type for attribute {${name}} could not be determined`)
    if (value === '') continue
    requireAddressFormat(name, value)
    // A preferred username that is an alias must not look like an address, just as a username must not.
    if (name === 'preferred_username' && pool.aliasAttributes.includes(name)) requireNoAliasFormat(pool, 'Preferred username', value)
    const problem = problemOf(definition, value)
    if (problem !== undefined) problems.push(`${name}: ${problem}\n`)
  }
  if (problems.length > 0) throw nonconforming(problems.join(''))
}

/** @throws ApiError InvalidParameterException, which names each required attribute that is missing */
export function requireRequiredAttributes(pool: Pick<Pool, 'schema'>, attributes: AttributeValues): void {
  const missing = requiredAttributeNames(pool).filter((name) => !attributes[name])
  if (missing.length > 0) throw nonconforming(missing.map((name) => `${name}: The attribute is required\n`).join(''))
}

/** The attributes that a caller must supply. `sub` is also required, but the server sets it. */
export function requiredAttributeNames(pool: Pick<Pool, 'schema'>): readonly string[] {
  return pool.schema.filter((definition) => definition.required && definition.name !== 'sub').map((definition) => definition.name)
}

/**
 * Which attributes the client may read. A client without ReadAttributes may read all of them (observed; the API reference says the
 * standard ones). `sub` is never hidden; developer-only attributes always are.
 */
export function readableAttributes(pool: Pick<Pool, 'schema'>, client: Pick<AppClient, 'readAttributes'>): (name: string) => boolean {
  const listed = client.readAttributes && new Set(client.readAttributes)
  return (name) => name === 'sub' || (!isDeveloperOnly(name) && (listed === undefined || listed.has(presentName(pool, name))))
}

/**
 * Which attributes the client may write for its user. The attributes that only the server sets, and developer-only attributes, are never
 * among them. A client without WriteAttributes may write all others; `checkAttributes` rejects names that the schema lacks.
 */
export function writableAttributes(_pool: Pick<Pool, 'schema'>, client: Pick<AppClient, 'writeAttributes'>): (name: string) => boolean {
  const listed = client.writeAttributes && new Set(client.writeAttributes)
  return (name) => isWritableByClients(name) && (listed === undefined || listed.has(name))
}

/** The name of the attribute, which a request may call by its name before a schema change for a while. */
export function presentName({ schema }: Pick<Pool, 'schema'>, name: string): string {
  return schema.find(({ formerName }) => formerName === name)?.name ?? name
}

/** Whether the attribute can be written by clients at all. */
export function isWritableByClients(name: string): boolean {
  return name !== 'sub' && name !== 'email_verified' && name !== 'phone_number_verified' && !isDeveloperOnly(name)
}

export function isDeveloperOnly(name: string): boolean {
  return name.startsWith('dev:')
}

function requireAddressFormat(name: string, value: string): void {
  if (name === 'email' && !isEmailAddress(value)) throw invalidParameter('Invalid email address format.')
  if (name === 'phone_number' && !isPhoneNumber(value)) throw invalidParameter('Invalid phone number format.')
}

/** What is wrong with the value. Undefined when it conforms to the definition. */
export function problemOf(definition: Pick<AttributeDefinition, 'name' | 'type' | 'length' | 'range'>, value: string): string | undefined {
  const { name, type } = definition
  if (name === 'birthdate' && !isBirthdate(value)) return 'Birthdate must have the form YYYY-MM-DD'
  if (type === 'String') return lengthProblem(definition.length, value)
  if (type === 'Number') return rangeProblem(definition.range, value)
  // Cognito stores custom Boolean and DateTime values as text and does not check them.
  if (type === 'Boolean' && !name.includes(':') && value !== 'true' && value !== 'false') return 'Boolean attributes must be true or false'
  return lengthProblem(undefined, value)
}

function lengthProblem(length: AttributeDefinition['length'], value: string): string | undefined {
  const max = Number(length?.max ?? maxValueLength)
  const min = Number(length?.min ?? 0)
  if (value.length > max) return `String attributes cannot have a length of more than ${max}`
  if (value.length < min) return `String attributes cannot have a length of less than ${min}`
  return undefined
}

function rangeProblem(range: AttributeDefinition['range'], value: string): string | undefined {
  if (!isDecimal(value)) return 'Number attributes must be decimal numbers'
  const number = Number(value)
  if (range?.max !== undefined && number > Number(range.max)) return `Number attributes cannot have a value of more than ${range.max}`
  if (range?.min !== undefined && number < Number(range.min)) return `Number attributes cannot have a value of less than ${range.min}`
  return undefined
}

function nonconforming(problems: string): ApiError {
  return invalidParameter(`Attributes did not conform to the schema: ${problems}`)
}

/**
 * Rejects a name that looks like an address, in a pool whose users can sign in with such addresses. Otherwise the name could shadow the
 * user who has that address.
 * @throws ApiError InvalidParameterException, with Cognito's text for `Username`, when the name looks like an address
 */
export function requireNoAliasFormat(
  { aliasAttributes }: Pick<Pool, 'aliasAttributes'>,
  kind: 'Username' | 'Preferred username',
  name: string,
): void {
  const error = (format: string, alias: string) =>
    invalidParameter(`${kind} cannot be of ${format} format, since user pool is configured for ${alias} alias.`)
  if (aliasAttributes.includes('email') && looksLikeEmailAddress(name)) throw error('email', 'email')
  if (aliasAttributes.includes('phone_number') && looksLikePhoneNumber(name)) throw error('phone number', 'phone_number')
}
