import { ApiError } from '../../contract/api-error.ts'

/** The answer for a resource server that the pool does not have. */
export function resourceServerNotFound(identifier: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Resource server ${identifier} does not exist.`)
}
