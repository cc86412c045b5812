import type { Shape } from './model.ts'
import { matcherFor } from './patterns.ts'

/** The constraints of a string, each with the service's text for it. */
export type Checks = readonly { readonly text: string; isBroken(value: string): boolean }[]

/** The checks of one string, in the order in which the service reports them (observed): pattern, length, enumeration. */
export function stringChecks(shape: Shape): Checks {
  const checks: { text: string; isBroken(value: string): boolean }[] = []
  const { pattern, optionalStart, min = 0, max = Number.POSITIVE_INFINITY, enum: values } = shape
  if (pattern !== undefined) {
    const matches = matcherFor(pattern)
    const checked = (value: string) =>
      optionalStart !== undefined && value.startsWith(optionalStart) ? value.slice(optionalStart.length) : value
    checks.push({ text: patternText(pattern), isBroken: (value) => !matches(checked(value)) })
  }
  // Length in UTF-16 units, as Java's String.length counts; the model would suggest characters.
  if (min > 0) checks.push({ text: atLeast('length', min), isBroken: (value) => value.length < min })
  if (max < Number.POSITIVE_INFINITY) checks.push({ text: atMost('length', max), isBroken: (value) => value.length > max })
  if (values !== undefined) {
    const known = new Set(values)
    checks.push({ text: enumText(values), isBroken: (value) => !known.has(value) })
  }
  return shape.emptyAllowed ? checks.map(({ text, isBroken }) => ({ text, isBroken: (value) => value !== '' && isBroken(value) })) : checks
}

/** All constraints of a shape, broken or not. The service prints all of them for an element of a list and for a key or value of a map. */
export function allConstraints({ min, max, pattern, enum: values }: Shape): string {
  const texts = [
    ...(max === undefined ? [] : [atMost('length', max)]),
    ...(min === undefined ? [] : [atLeast('length', min)]),
    ...(pattern === undefined ? [] : [patternText(pattern)]),
    ...(values === undefined ? [] : [enumText(values)]),
  ]
  return `[${texts.join(', ')}]`
}

/** The service's text for the bound of the shape that `size` breaks. Undefined when `size` is within the bounds. */
export function brokenBound(measure: 'length' | 'value', size: number, { min, max }: Shape): string | undefined {
  if (min !== undefined && size < min) return atLeast(measure, min)
  if (max !== undefined && size > max) return atMost(measure, max)
  return undefined
}

function patternText(pattern: string): string {
  return `Member must satisfy regular expression pattern: ${pattern}`
}

function enumText(values: readonly string[]): string {
  return `Member must satisfy enum value set: [${values.join(', ')}]`
}

function atLeast(measure: 'length' | 'value', min: number): string {
  return `Member must have ${measure} greater than or equal to ${min}`
}

function atMost(measure: 'length' | 'value', max: number): string {
  return `Member must have ${measure} less than or equal to ${max}`
}

/** The error for a text that a database cannot store: one with U+0000 (PostgreSQL) or with half of a surrogate pair (UTF-8). */
export const unstorableText = 'Member must be well-formed Unicode text without the character U+0000'

export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}
