import { type ApiError, invalidParameter } from '../contract/api-error.ts'
import { isDecimal } from './attribute-formats.ts'
export type AttributeType = 'String' | 'Number' | 'DateTime' | 'Boolean'

/** One attribute of a pool's schema. The bounds are text, as in Cognito's API. */
export type AttributeDefinition = {
  /** The name with its prefix: `email`, `custom:team`, `dev:custom:score`. */
  readonly name: string
  readonly type: AttributeType
  readonly mutable: boolean
  readonly required: boolean
  readonly developerOnly: boolean
  /** The name before a schema change, as long as requests may use it. */
  readonly formerName?: string | undefined
  /** Undefined where Cognito shows no StringAttributeConstraints. */
  readonly length: { readonly min: string | undefined; readonly max: string | undefined } | undefined
  /** Undefined where Cognito shows no NumberAttributeConstraints. */
  readonly range: { readonly min: string | undefined; readonly max: string | undefined } | undefined
}

/** The most characters of a value, unless it is a number. An attribute may have a lower limit of its own. */
export const maxValueLength = 2048

function textAttribute(name: string, min = '0', max = String(maxValueLength)): AttributeDefinition {
  return { name, type: 'String', mutable: true, required: false, developerOnly: false, length: { min, max }, range: undefined }
}

function flagAttribute(name: string): AttributeDefinition {
  return { name, type: 'Boolean', mutable: true, required: false, developerOnly: false, length: undefined, range: undefined }
}

/** The 20 attributes of every pool (OpenID Connect Core §5.1 and Cognito's own), in the order of DescribeUserPool. */
export const standardAttributes: readonly AttributeDefinition[] = [
  { ...textAttribute('sub', '1'), mutable: false, required: true },
  textAttribute('name'),
  textAttribute('given_name'),
  textAttribute('family_name'),
  textAttribute('middle_name'),
  textAttribute('nickname'),
  textAttribute('preferred_username'),
  textAttribute('profile'),
  textAttribute('picture'),
  textAttribute('website'),
  textAttribute('email'),
  flagAttribute('email_verified'),
  textAttribute('gender'),
  textAttribute('birthdate', '10', '10'),
  textAttribute('zoneinfo'),
  textAttribute('locale'),
  textAttribute('phone_number'),
  flagAttribute('phone_number_verified'),
  textAttribute('address'),
  {
    name: 'updated_at',
    type: 'Number',
    mutable: true,
    required: false,
    developerOnly: false,
    length: undefined,
    range: { min: '0', max: undefined },
  },
]

/** The attribute that lists a user's linked identities. The server sets it. A pool with an identity provider shows it. */
export const identitiesAttribute: AttributeDefinition = { ...textAttribute('identities'), length: { min: undefined, max: undefined } }

export const isStandardAttribute = (name: string): boolean => standardAttributes.some((attribute) => attribute.name === name)

/** @throws ApiError InvalidParameterException when the bounds of the attribute are not numbers, contradict each other or are too high */
export function requireValidAttribute({ name, length, range }: AttributeDefinition): void {
  if (length !== undefined) requireValidLength(name, length)
  if (range !== undefined) requireValidRange(name, range)
}

function requireValidLength(name: string, { min, max }: NonNullable<AttributeDefinition['length']>): void {
  for (const bound of [min, max]) {
    if (bound === undefined) continue
    if (!/^\d{1,10}$/.test(bound)) throw invalidConstraints('String', name)
    if (Number(bound) > maxValueLength) {
      throw invalidParameter(`user.${name}: String attributes cannot have a length of more than ${maxValueLength}`)
    }
  }
  if (isAbove(min, max)) throw invalidParameter(`user.${name}: Max length cannot be less than min length.`)
}

function requireValidRange(name: string, { min, max }: NonNullable<AttributeDefinition['range']>): void {
  for (const bound of [min, max]) {
    if (bound !== undefined && !isDecimal(bound)) throw invalidConstraints('Number', name)
  }
  if (isAbove(min, max)) throw invalidParameter(`user.${name}: Max value cannot be less than min value.`)
}

function invalidConstraints(type: 'String' | 'Number', name: string): ApiError {
  return invalidParameter(`Invalid ${type}AttributeConstraints for schema attribute ${name}`)
}

function isAbove(min: string | undefined, max: string | undefined): boolean {
  return min !== undefined && max !== undefined && Number(min) > Number(max)
}
