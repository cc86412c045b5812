import { OAuthError } from './oauth-error.ts'

/** The parameters of a request, by name. A parameter without a value counts as left out (RFC 6749 §3.1). */
export type Parameters = ReadonlyMap<string, string>

/** Far more than any client sends. Each parameter costs more time than its bytes. */
const mostParameters = 100

/** Parameters as they came. No parameter may be repeated (RFC 6749 §3.1) or contain a NUL character, which PostgreSQL cannot store. */
export type ReceivedParameters = { readonly parameters: Parameters; readonly wrong: ReadonlySet<string>; readonly areTooMany: boolean }

/** Reads a query, or a body of the type `application/x-www-form-urlencoded`. `wrong` are the names of parameters that are not allowed. */
export function receiveParameters(text: string): ReceivedParameters {
  const parameters = new Map<string, string>()
  const seen = new Set<string>()
  const wrong = new Set<string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (seen.has(name) || value.includes('\0')) wrong.add(name)
    else if (value !== '') parameters.set(name, value)
    seen.add(name)
    if (seen.size > mostParameters) break
  }
  return { parameters, wrong, areTooMany: seen.size > mostParameters }
}

/**
 * Reads the parameters of a request that has to be right as a whole.
 *
 * @throws OAuthError invalid_request when a parameter is not allowed, or there are too many.
 */
export function readParameters(text: string): Parameters {
  const { parameters, wrong, areTooMany } = receiveParameters(text)
  if (wrong.size > 0 || areTooMany) throw new OAuthError('invalid_request')
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
