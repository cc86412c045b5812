import { ApiError } from '../contract/api-error.ts'

/** The refusal of a complete but wrong answer. The refusal is recorded in the user's history, because someone else may be guessing. */
export class WrongProof extends ApiError {}

export const wrongPassword = () => new WrongProof('NotAuthorizedException', 'Incorrect username or password.')

/** The refusal of a wrong code, whichever factor it is for. */
export const wrongSignInCode = () => new WrongProof('CodeMismatchException', 'Invalid code or auth state for the user.')

export const unconfirmed = () => new ApiError('UserNotConfirmedException', 'User is not confirmed.')

export const resetRequired = () => new ApiError('PasswordResetRequiredException', 'Password reset required for the user')

/** The former pool of a user says nothing about a password or a code. */
export const formerPoolSilent = () => new ApiError('UnexpectedLambdaException', 'The former user pool gave no answer. Try again later.')

/** The refusal of the Session itself, whatever the answer: the sign-in has to begin again. */
class SessionRefusal extends ApiError {}

const refusedSession = (message: string) => new SessionRefusal('NotAuthorizedException', message)

export const isSessionRefusal = (error: ApiError): boolean => error instanceof SessionRefusal

export const invalidSession = () => refusedSession('Invalid session for the user.')

export const expiredSession = () => refusedSession('Invalid session for the user, session is expired.')

/** The refusal of a state that was consumed. */
export const usedSession = () => refusedSession('Invalid session for the user, session can only be used once.')
