import { type ApiError, invalidParameter } from '../contract/api-error.ts'
import { isDecimal } from './attribute-formats.ts'
import { maxValueLength } from './attribute-rules.ts'
import type { AttributeDefinition } from './attribute-schema.ts'

/** Throws InvalidParameterException when the bounds of an attribute are no numbers, contradict each other or go too far. */
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
