import { hourMs } from '../base/durations.ts'
import { ApiError } from '../contract/api-error.ts'
import type { Db } from '../storage/db.ts'
import { type AttemptKey, countAttempt } from './attempt-repository.ts'

/** How often each action may be attempted for one user in an hour, from Cognito's quotas page. */
const hourlyLimits = {
  ConfirmSignUp: 15,
  ResendConfirmationCode: 5,
  // Lifeguard's own. Each attempt sends a message to an address that the caller chooses.
  CorrectSignUpContact: 5,
  GetUserAttributeVerificationCode: 5,
  VerifyUserAttribute: 15,
  // Cognito allows 5 to 20, depending on the risk. Lifeguard does not assess risks, so it takes the middle.
  ForgotPassword: 10,
  ConfirmForgotPassword: 10,
  ChangePassword: 5,
  // Cognito has no limit here. But each change of an address sends a message to an address that the caller chooses.
  UpdateUserAttributes: 20,
  VerifySoftwareToken: 15,
  // E-mail and text messages with sign-in codes, together. Cognito allows 5 to 20, depending on the risk. Each needs a correct password.
  SignInMessage: 20,
  // The same where the code is the first factor. These need no password, so anybody can use them up, and they are counted separately.
  FirstFactorMessage: 20,
} as const

export type LimitedAction = keyof typeof hourlyLimits

type LimitedAttempt = AttemptKey & { readonly action: LimitedAction }

/** Actions of operations for which the service's model does not list LimitExceededException. */
const tooManyRequestsActions: readonly LimitedAction[] = [
  'UpdateUserAttributes',
  'VerifySoftwareToken',
  'SignInMessage',
  'FirstFactorMessage',
]

/**
 * Counts the attempt, successful or not. The subject is the `sub` of a user or of a decoy, so the limit does not reveal which users exist.
 * @throws ApiError LimitExceededException or TooManyRequestsException when the attempt exceeds the limit of the hour.
 */
export async function limitAttempts(db: Db, attempt: LimitedAttempt, now: number): Promise<void> {
  const count = await countAttempt(db, attempt, { now, forgetAfterMs: hourMs, since: 'first' })
  if (count <= hourlyLimits[attempt.action]) return
  const code = tooManyRequestsActions.includes(attempt.action) ? 'TooManyRequestsException' : 'LimitExceededException'
  throw new ApiError(code, 'Attempt limit exceeded, please try after some time.')
}
