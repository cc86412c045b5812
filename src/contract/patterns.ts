import { javaScriptPattern } from './model.ts'

type Matcher = (value: string) => boolean

// The service's white space is that of Java: these six characters and no others.
const space = ' \\t\\n\\v\\f\\r'
const printable = '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}'

const messageText = new RegExp(`^${printable}${space}*]*$`, 'u')
const addressText = new RegExp(`^${printable}]+$`, 'u')
const twoCharacters = /../su
const anySpace = new RegExp(`[${space}]`)
// The characters that Java's `.` does not match.
const lineEnd = /[\n\r\u0085\u2028\u2029]/

/**
 * Matchers for patterns with adjacent repetitions. A regular expression with these patterns would backtrack: half a minute for one valid
 * template of 20,000 characters. These matchers accept the same texts in linear time. The key is the pattern as the service prints it.
 */
const linearMatchers: Readonly<Record<string, Matcher>> = {
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*\\{####\\}[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*': (value) =>
    value.includes('{####}') && messageText.test(value),
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*\\{##[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*##\\}[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*': (value) => {
    const start = value.indexOf('{##')
    return start >= 0 && value.lastIndexOf('##}') >= start + 3 && messageText.test(value)
  },
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+@[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+': (value) =>
    value.slice(1, -1).includes('@') && addressText.test(value),
  '.*\\{####\\}.*': (value) => value.includes('{####}') && !lineEnd.test(value),
  '^[\\S]+.*[\\S]+$': isTwoOrMoreWithoutOuterSpace,
}

/** `^[\S]+.*[\S]+$`: at least two characters, no white space at either end, no line end between the first space and the last. */
function isTwoOrMoreWithoutOuterSpace(value: string): boolean {
  const firstSpace = value.search(anySpace)
  if (firstSpace === -1) return twoCharacters.test(value)
  if (firstSpace === 0) return false
  let lastSpace = value.length - 1
  while (!anySpace.test(value.charAt(lastSpace))) lastSpace -= 1
  return lastSpace < value.length - 1 && !lineEnd.test(value.slice(firstSpace, lastSpace + 1))
}

/** A matcher of the whole pattern. It takes time linear in the length of the value. */
export function matcherFor(pattern: string): Matcher {
  const linearMatcher = linearMatchers[pattern]
  if (linearMatcher !== undefined) return linearMatcher
  const { source, flags } = javaScriptPattern(pattern)
  const whole = new RegExp(`^(?:${source})$`, flags)
  return (value) => whole.test(value)
}
