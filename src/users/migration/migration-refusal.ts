import { ApiError, type ErrorCode } from '../../contract/api-error.ts'

const refusals: readonly ErrorCode[] = ['UserLambdaValidationException', 'UnexpectedLambdaException', 'InvalidLambdaResponseException']

/** Whether somebody could not be migrated for what the pool's own code said, or failed to say. */
export function isMigrationRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && refusals.includes(error.code)
}
