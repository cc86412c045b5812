import { ApiError } from '../contract/api-error.ts'

type Parameters = Readonly<Record<string, string>> | undefined

/** Throws InvalidParameterException when the key is missing. An empty value counts as missing. */
export function requireParameter(parameters: Parameters, key: string): string {
  const value = parameters?.[key]
  if (!value) throw new ApiError('InvalidParameterException', `Missing required parameter ${key}`)
  return value
}
