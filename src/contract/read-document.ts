import { isStorable, unstorableText } from './constraints.ts'
import type { Violations } from './violations.ts'

/**
 * The most levels of nesting. Real passkey responses and branding documents have fewer. A document with so many levels can be printed
 * without exhausting the stack.
 */
const maxDepth = 64

/** A copy of a free-form JSON value. Its objects have no prototype, so no key has a special meaning in JavaScript. */
export function readDocument(value: unknown, path: string, violations: Violations): unknown {
  const problem = problemIn(value, 0)
  if (problem === undefined) return copyOf(value)
  violations.add(path, problem, undefined)
  return undefined
}

function problemIn(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : unstorableText
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === maxDepth) return `Member must not be nested deeper than ${maxDepth} levels`
  for (const [key, element] of Object.entries(value)) {
    const problem = isStorable(key) ? problemIn(element, depth + 1) : unstorableText
    if (problem !== undefined) return problem
  }
  return undefined
}

function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyOf)
  const copy: Record<string, unknown> = Object.create(null)
  for (const [key, element] of Object.entries(value)) copy[key] = copyOf(element)
  return copy
}
