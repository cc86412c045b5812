import { StsError } from './sts-error.ts'

/** The parameters of a call, by name. */
export type Parameters = ReadonlyMap<string, string>

type Constraint = { readonly min: number; readonly max: number; readonly pattern?: RegExp }

/**
 * A text of the call.
 * @throws StsError ValidationError when it is missing or breaks a constraint
 */
export function requireText(parameters: Parameters, name: string, constraint: Constraint): string {
  const value = optionalText(parameters, name, constraint)
  if (value === undefined) throw violation(name, 'null', 'Member must not be null')
  return value
}

/** @throws StsError ValidationError when the value breaks a constraint */
export function optionalText(parameters: Parameters, name: string, { min, max, pattern }: Constraint): string | undefined {
  const value = parameters.get(name)
  if (value === undefined) return undefined
  if (value.length < min) throw violation(name, value, `Member must have length greater than or equal to ${min}`)
  if (value.length > max) throw violation(name, value, `Member must have length less than or equal to ${max}`)
  if (pattern !== undefined && !pattern.test(value))
    throw violation(name, value, `Member must satisfy regular expression pattern: ${pattern.source.slice(1, -1)}`)
  return value
}

/** @throws StsError ValidationError when the value is no whole number or out of range */
export function optionalInteger(parameters: Parameters, name: string, { min, max }: Constraint): number | undefined {
  const value = parameters.get(name)
  if (value === undefined) return undefined
  if (!/^\d{1,9}$/.test(value)) throw new StsError('MalformedInput', `The value of ${name} is not a whole number.`)
  if (Number(value) < min) throw violation(name, value, `Member must have value greater than or equal to ${min}`)
  if (Number(value) > max) throw violation(name, value, `Member must have value less than or equal to ${max}`)
  return Number(value)
}

/** A long value, such as a token, is not repeated. */
function violation(name: string, value: string, constraint: string): StsError {
  const at = name.charAt(0).toLowerCase() + name.slice(1)
  const shown = value.length > 128 ? `${value.slice(0, 16)}…` : value
  return new StsError(
    'ValidationError',
    `1 validation error detected: Value '${shown}' at '${at}' failed to satisfy constraint: ${constraint}`,
  )
}
