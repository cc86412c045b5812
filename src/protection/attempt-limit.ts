import { hourMs } from '../base/durations.ts'
import { ApiError } from '../contract/api-error.ts'
import type { Db } from '../storage/db.ts'
import { type AttemptKey, countAttempt, uncountAttempt } from './attempt-repository.ts'

/** How many times each action may be attempted for one subject, mostly a user, in an hour. The numbers are from Cognito's quotas page, except as noted. */
const hourlyLimits = {
  ConfirmSignUp: 15,
  ResendConfirmationCode: 5,
  // CorrectSignUpContact is Lifeguard's own operation, so Cognito has no limit for it. Each attempt sends a message to an address that the
  // caller chooses.
  CorrectSignUpContact: 5,
  GetUserAttributeVerificationCode: 5,
  VerifyUserAttribute: 15,
  // Cognito allows 5 to 20, depending on the risk. Lifeguard assesses the risk of sign-ins only, so this limit is in between.
  ForgotPassword: 10,
  ConfirmForgotPassword: 10,
  ChangePassword: 5,
  // Cognito has no such operation. The answer tells whether another user has the name.
  ChangeUsername: 5,
  // Cognito has no such operation. Each call replaces the codes that the user has printed, and may send a notice.
  CreateRecoveryCodes: 5,
  // Cognito has no limit for this operation. But each change of an address sends a message to an address that the caller chooses.
  UpdateUserAttributes: 20,
  VerifySoftwareToken: 15,
  // Messages with sign-in codes that are sent after a correct password; e-mail and text messages count together. Cognito allows 5 to 20,
  // depending on the risk.
  SignInMessage: 20,
  // Messages with sign-in codes where the code is the first factor. They need no password, so anybody can use up this limit. Therefore
  // they have a count of their own, and the count of SignInMessage is left to the user.
  FirstFactorMessage: 20,
  // Wrong user codes of devices (RFC 8628 §5.1), from one network and in the whole pool. Cognito has no device grant. A user code has more
  // than 10^10 values. The limit of the pool is high: a stranger who uses it up keeps all users from typing their codes.
  UserCodeOfNetwork: 20,
  UserCodeOfPool: 5000,
} as const

export type LimitedAction = keyof typeof hourlyLimits

type LimitedAttempt = AttemptKey & { readonly action: LimitedAction }

/** Actions of operations whose model does not list LimitExceededException. They fail with TooManyRequestsException instead. */
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
  if (await countWithinLimit(db, attempt, now)) return
  const code = tooManyRequestsActions.includes(attempt.action) ? 'TooManyRequestsException' : 'LimitExceededException'
  throw new ApiError(code, 'Attempt limit exceeded, please try after some time.')
}

/** Counts the attempt, successful or not. False when it exceeds the limit of the hour. */
export async function countWithinLimit(db: Db, attempt: LimitedAttempt, now: number): Promise<boolean> {
  return (await countAttempt(db, attempt, { now, forgetAfterMs: hourMs, since: 'first' })) <= hourlyLimits[attempt.action]
}

/**
 * Runs `check`, which checks one guess, and counts the guess if it was wrong (undefined). Every guess is counted before it is checked, so
 * that guesses that are sent at the same time do not pass together.
 * @throws ApiError LimitExceededException or TooManyRequestsException as `limitAttempts` does, before `check` runs
 */
export async function limitWrongGuesses<T>(
  db: Db,
  attempts: readonly LimitedAttempt[],
  now: number,
  check: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const attempt of attempts) await limitAttempts(db, attempt, now)
  const found = await check()
  if (found !== undefined) for (const attempt of attempts) await uncountAttempt(db, attempt)
  return found
}
