import { invalidParameter } from '../contract/api-error.ts'
import type { AttributeType } from '../contract/generated/types.ts'
import { type AttributeValues, presentName } from './attribute-rules.ts'
import type { Pool } from './pool.ts'

/**
 * Reads a list of Name/Value pairs. A former name stands for the present one as long as it answers. A pair without a value gets an empty value. `fromEntries` makes every name an own member, even
 * `__proto__`.
 * @throws ApiError InvalidParameterException when the list names an attribute twice. What Cognito does then is not documented. A
 *   client that names an attribute twice has a mistake, and to choose one of the two values would hide it.
 */
export function readAttributes(pool: Pick<Pool, 'schema'>, list: readonly AttributeType[] | undefined): AttributeValues {
  const values = new Map<string, string>()
  for (const { Name, Value: value = '' } of list ?? []) {
    const name = presentName(pool, Name)
    if (values.has(name)) throw invalidParameter(`The attribute ${name} is given more than once.`)
    values.set(name, readValue(name, value))
  }
  return Object.fromEntries(values)
}

/** Converts flags such as `email_verified` to lower case, because clients often send Python's `str(True)`, which is `True`. */
function readValue(name: string, value: string): string {
  const isFlag = name === 'email_verified' || name === 'phone_number_verified'
  return isFlag && /^(true|false)$/i.test(value) ? value.toLowerCase() : value
}
