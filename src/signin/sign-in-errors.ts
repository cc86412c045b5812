import { ApiError } from '../contract/api-error.ts'

/** The refusal of a complete but wrong answer. The refusal is recorded in the user's history, because someone else may be guessing. */
export class WrongProof extends ApiError {}

export const wrongPassword = () => new WrongProof('NotAuthorizedException', 'Incorrect username or password.')

/** The refusal of a wrong code, whichever factor it is for. */
export const wrongSignInCode = () => new WrongProof('CodeMismatchException', 'Invalid code or auth state for the user.')

export const unconfirmed = () => new ApiError('UserNotConfirmedException', 'User is not confirmed.')

export const resetRequired = () => new ApiError('PasswordResetRequiredException', 'Password reset required for the user')

export const invalidSession = () => new ApiError('NotAuthorizedException', 'Invalid session for the user.')

export const expiredSession = () => new ApiError('NotAuthorizedException', 'Invalid session for the user, session is expired.')

/** The refusal of a state that was consumed. */
export const usedSession = () => new ApiError('NotAuthorizedException', 'Invalid session for the user, session can only be used once.')
