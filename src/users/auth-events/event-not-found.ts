import { ApiError } from '../../contract/api-error.ts'

/** The answer for an event that is not in the user's history. */
export function eventNotFound(): ApiError {
  return new ApiError('ResourceNotFoundException', 'Authentication event not found.')
}
