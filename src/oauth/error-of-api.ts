import { ApiError, type ErrorCode } from '../contract/api-error.ts'
import { OAuthError, type OAuthErrorCode } from './oauth-error.ts'

/** The errors that the API functions behind the endpoints throw, as the endpoints answer them. */
const codes: Partial<Record<ErrorCode, OAuthErrorCode>> = {
  NotAuthorizedException: 'invalid_grant',
  RefreshTokenReuseException: 'invalid_grant',
  UserNotFoundException: 'invalid_grant',
}

/** Trigger functions refuse with a text of their own, which is meant for the caller. */
const triggerFailures: ReadonlySet<ErrorCode> = new Set([
  'InvalidLambdaResponseException',
  'UnexpectedLambdaException',
  'UserLambdaValidationException',
])

const tooMany: ReadonlySet<ErrorCode> = new Set(['ThrottlingException', 'TooManyRequestsException'])

/** The OAuth error for an error of an API function. Undefined for an error of another kind, which is a fault of the server. */
export function errorOfApi(error: unknown): OAuthError | undefined {
  if (error instanceof OAuthError) return error
  if (!(error instanceof ApiError)) return undefined
  if (triggerFailures.has(error.code)) return new OAuthError('invalid_request', { description: error.message, cause: error })
  if (tooMany.has(error.code)) {
    return new OAuthError('temporarily_unavailable', { description: 'Rate exceeded', status: 429, cause: error })
  }
  const code = codes[error.code]
  return code && new OAuthError(code, { cause: error })
}
