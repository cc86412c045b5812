import { ApiError } from '../contract/api-error.ts'

/** The refusal of a request that has the right shape and says the wrong thing. */
export function invalidParameter(message: string): ApiError {
  return new ApiError('InvalidParameterException', message)
}
