import { ApiError } from '../contract/api-error.ts'

/** AuthParameters or ChallengeResponses of a request. */
export type RequestParameters = Readonly<Record<string, string>>

/**
 * The value of a parameter. An empty value counts as missing.
 *
 * @throws ApiError InvalidParameterException when the parameter is missing.
 */
export function requireParameter(parameters: RequestParameters | undefined, key: string): string {
  const value = parameters?.[key]
  if (!value) throw new ApiError('InvalidParameterException', `Missing required parameter ${key}`)
  return value
}
