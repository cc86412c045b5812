import { invalidParameter } from '../contract/api-error.ts'
import type { AttributeType } from '../contract/generated/types.ts'
import type { AttributeValues } from './attribute-rules.ts'

/**
 * Reads a list of Name/Value pairs. A pair without a value has an empty one. `fromEntries` makes every name an own member, also
 * `__proto__`.
 * @throws ApiError InvalidParameterException when the list names an attribute twice. Cognito's behaviour is not documented. No client
 *   does it on purpose, and either value would be a surprise.
 */
export function readAttributes(list: readonly AttributeType[] | undefined): AttributeValues {
  const values = new Map<string, string>()
  for (const { Name: name, Value: value = '' } of list ?? []) {
    if (values.has(name)) throw invalidParameter(`The attribute ${name} is given more than once.`)
    values.set(name, readValue(name, value))
  }
  return Object.fromEntries(values)
}

/** Clients often send Python's `str(True)`, so the flags accept upper case. */
function readValue(name: string, value: string): string {
  const isFlag = name === 'email_verified' || name === 'phone_number_verified'
  return isFlag && /^(true|false)$/i.test(value) ? value.toLowerCase() : value
}
