import { hourMs } from '../base/durations.ts'
import { ApiError } from '../contract/api-error.ts'
import type { Db } from '../storage/db.ts'
import { type AttemptKey, countAttempt } from './attempt-repository.ts'

/** How often each thing may be tried for one user in an hour, by Cognito's quotas page. */
const hourlyLimits = {
  ConfirmSignUp: 15,
  ResendConfirmationCode: 5,
  // Lifeguard's own. Each sends a message to wherever the caller says.
  CorrectSignUpContact: 5,
  GetUserAttributeVerificationCode: 5,
  VerifyUserAttribute: 15,
  // Cognito gives 5 to 20 by risk; without a risk engine, the middle.
  ForgotPassword: 10,
  ConfirmForgotPassword: 10,
  ChangePassword: 5,
  // Cognito names no limit here; but each change of an address sends a message to wherever the caller says.
  UpdateUserAttributes: 20,
  VerifySoftwareToken: 15,
  // E-mail and text messages with sign-in codes, together: 5 to 20 at Cognito, by risk. Each has cost the sender a right password.
  SignInMessage: 20,
  // The same where the code is the first factor: apart, so that strangers, who need no password for these, cannot use up the others.
  FirstFactorMessage: 20,
} as const

export type LimitedAction = keyof typeof hourlyLimits

type LimitedAttempt = AttemptKey & { readonly action: LimitedAction }

/** What belongs to operations whose model does not list LimitExceededException. */
const unlisted: readonly LimitedAction[] = ['UpdateUserAttributes', 'VerifySoftwareToken', 'SignInMessage', 'FirstFactorMessage']

/**
 * Counts this attempt, right or wrong, and throws LimitExceededException (TooManyRequestsException) past the hour's limit. `subject` is a `sub` or a decoy's,
 * so that the limit tells nothing about who exists.
 */
export async function limitAttempts(db: Db, attempt: LimitedAttempt, now: number): Promise<void> {
  const count = await countAttempt(db, attempt, { now, forgetAfterMs: hourMs, since: 'first' })
  if (count <= hourlyLimits[attempt.action]) return
  const code = unlisted.includes(attempt.action) ? 'TooManyRequestsException' : 'LimitExceededException'
  throw new ApiError(code, 'Attempt limit exceeded, please try after some time.')
}
