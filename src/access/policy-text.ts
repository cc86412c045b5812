import { PolicyError } from './policy-error.ts'
import { matchesWildcard } from './wildcard.ts'

/** The values of a condition key in a request, by the key's name in lower case. Undefined when the request does not have the key. */
export type RequestKeys = (name: string) => readonly string[] | undefined

export const noRequestKeys: RequestKeys = () => undefined

/** A request whose keys are too long or ambiguous to be compared. Such a request is denied. */
export class UndecidableError extends Error {
  override name = 'UndecidableError'
}

/** Limits of the values of one key. Together with the length of a policy they bound the time of a decision. */
const maxValueLength = 2048
const maxTotalLength = 8192

/** @throws UndecidableError when the values are too long */
export function valuesOf(keys: RequestKeys, name: string): readonly string[] {
  const values = keys(name) ?? []
  let total = 0
  for (const { length } of values) {
    total += length + 1
    if (length > maxValueLength || total > maxTotalLength) throw new UndecidableError(`The request's ${name} is too long.`)
  }
  return values
}

/** Text that stands for itself, or a policy variable. */
type Part = { readonly literal: string } | { readonly pattern: string } | Variable

type Variable = { readonly key: string; readonly fallback: string | undefined }

/** A text of a policy: a string when it has no variable and no escape. */
export type PolicyText = string | readonly Part[]

/** Checks the name of a condition key, and returns it in lower case. */
export type CheckKey = (key: string, where: string) => string

/**
 * Reads the variables and escapes of a text (IAM User Guide, "IAM policy elements: Variables and tags"): `${key}`, `${key, 'default'}`,
 * `${*}`, `${?}` and `${$}`.
 * @throws PolicyError when a variable is malformed
 */
export function readPolicyText(text: string, where: string, checkKey: CheckKey): PolicyText {
  if (!text.includes('${')) return text
  const parts: Part[] = []
  let at = 0
  for (let open = text.indexOf('${'); open >= 0; open = text.indexOf('${', at)) {
    const close = text.indexOf('}', open)
    if (close < 0) throw new PolicyError(`${where} has a policy variable without a closing brace.`)
    if (open > at) parts.push({ pattern: text.slice(at, open) })
    parts.push(readVariable(text.slice(open + 2, close), where, checkKey))
    at = close + 1
  }
  if (at < text.length) parts.push({ pattern: text.slice(at) })
  return parts
}

function readVariable(inner: string, where: string, checkKey: CheckKey): Part {
  if (inner === '*' || inner === '?' || inner === '$') return { literal: inner }
  const [, name, fallback] = /^([^,'"{}$*?\s](?:[^,'"{}$*?]*[^,'"{}$*?\s])?)(?:, '([^'{}$*?]+)')?$/.exec(inner) ?? []
  if (name === undefined) {
    throw new PolicyError(`${where} has an invalid policy variable; write "\${key}" or "\${key, 'default'}", the default without * ? $.`)
  }
  const key = checkKey(name, where)
  if (isMultivalued(key)) throw new PolicyError(`${where}: the key ${name} has several values and cannot be a policy variable.`)
  return { key, fallback }
}

function isMultivalued(key: string): boolean {
  return key === 'aws:tagkeys' || /:amr$/.test(key)
}

/** How many variables a text has. */
export function countVariables(text: PolicyText): number {
  return typeof text === 'string' ? 0 : text.filter((part) => 'key' in part).length
}

/** The text with the values of the variables in place. Undefined when a variable has no value: then the text is equal to no other. */
export function expand(text: PolicyText, keys: RequestKeys): string | undefined {
  return typeof text === 'string' ? text : expandParts(text, keys)?.text
}

/** Whether a text is like the pattern. A `*` or `?` in the value of a variable is not a wildcard. */
export function isLike(pattern: PolicyText, text: string, keys: RequestKeys): boolean {
  if (typeof pattern === 'string') return matchesWildcard(pattern, text)
  const expanded = expandParts(pattern, keys)
  return expanded !== undefined && matchesWildcard(expanded.text, text, expanded.literal)
}

function expandParts(parts: readonly Part[], keys: RequestKeys): { text: string; literal: ReadonlySet<number> } | undefined {
  const literal = new Set<number>()
  let text = ''
  for (const part of parts) {
    if ('pattern' in part) text += part.pattern
    else {
      const value = 'literal' in part ? part.literal : variableValue(part, keys)
      if (value === undefined) return undefined
      for (let i = 0; i < value.length; i++) if (value[i] === '*' || value[i] === '?') literal.add(text.length + i)
      text += value
    }
  }
  return { text, literal }
}

/** An empty value counts as none, as in IAM. */
function variableValue({ key, fallback }: Variable, keys: RequestKeys): string | undefined {
  const values = valuesOf(keys, key)
  return values.length > 1 ? undefined : values[0] || fallback
}
