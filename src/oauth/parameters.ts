import { OAuthError } from './oauth-error.ts'

/** The parameters of a request, by name. A parameter without a value counts as left out (RFC 6749 §3.1). */
export type Parameters = ReadonlyMap<string, string>

/** Far more than any client sends. Each parameter costs more time than its bytes. */
const mostParameters = 100

/**
 * Reads a query, or a body of the type `application/x-www-form-urlencoded`.
 *
 * @throws OAuthError invalid_request when a parameter is repeated (RFC 6749 §3.1), when there are too many, and when one contains a NUL
 *   character, which PostgreSQL cannot store.
 */
export function readParameters(text: string): Parameters {
  const parameters = new Map<string, string>()
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (seen.has(name) || seen.size === mostParameters || value.includes('\0')) throw new OAuthError('invalid_request')
    seen.add(name)
    if (value !== '') parameters.set(name, value)
  }
  return parameters
}

/**
 * The value of a parameter.
 *
 * @throws OAuthError invalid_request when it is missing.
 */
export function requireParameter(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (value === undefined) throw new OAuthError('invalid_request')
  return value
}

/** The values of a parameter that is a list separated by spaces, each once. Undefined when the parameter was left out. */
export function listIn(parameters: Parameters, name: string): readonly string[] | undefined {
  const value = parameters.get(name)
  return value === undefined ? undefined : [...new Set(value.split(' ').filter((part) => part !== ''))]
}
