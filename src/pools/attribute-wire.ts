import { ApiError } from '../contract/api-error.ts'
import type { AttributeType } from '../contract/generated/types.ts'
import type { AttributeValues } from './attribute-rules.ts'

/**
 * A list of Name/Value pairs as name to value; a pair without a value counts as empty. Naming an attribute twice is refused with
 * InvalidParameterException (what Cognito makes of it is not documented): no client does so on purpose, and whichever value
 * won would be a surprise. `fromEntries` makes plain own members of all names, `__proto__` included.
 */
export function readAttributes(list: readonly AttributeType[] | undefined): AttributeValues {
  const values = new Map<string, string>()
  for (const { Name: name, Value: value = '' } of list ?? []) {
    if (values.has(name)) throw new ApiError('InvalidParameterException', `The attribute ${name} is given more than once.`)
    values.set(name, readValue(name, value))
  }
  return Object.fromEntries(values)
}

/** Python's `str(True)` reaches Cognito often enough that it is taken for what it means. */
function readValue(name: string, value: string): string {
  const isFlag = name === 'email_verified' || name === 'phone_number_verified'
  return isFlag && /^(true|false)$/i.test(value) ? value.toLowerCase() : value
}
