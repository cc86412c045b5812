import type { AppClient } from '../../pools/app-client.ts'
import { isStateConsumed } from '../../storage/consumed-state-repository.ts'
import { securityStampOf } from '../../users/security-stamp.ts'
import { readSignUpSession } from '../../users/sign-up/sign-up-session.ts'
import type { Candidate } from '../candidate.ts'
import type { ProvenStep } from '../factor.ts'
import type { LaterStepDeps } from '../later-step.ts'
import { noProgress, withProof } from '../sign-in.ts'
import { expiredSession, invalidSession, unconfirmed, usedSession } from '../sign-in-errors.ts'

/**
 * Checks the Session of SignUp or ConfirmSignUp with which a new user begins a sign-in. The Session of ConfirmSignUp proves the address
 * that the user was confirmed with, and signs the user in, once. The Session of SignUp proves nothing. When its user is confirmed by now,
 * the result is undefined: the user has to sign in like any other user.
 *
 * @throws ApiError UserNotConfirmedException for the Session of SignUp, while its user is not confirmed.
 * @throws ApiError NotAuthorizedException when the Session is another user's, expired or used, or when the user has changed since the
 * Session was issued.
 */
export async function proveSignUp(
  { db, secrets, clock }: LaterStepDeps,
  client: AppClient,
  { user }: Candidate,
  text: string,
): Promise<ProvenStep | undefined> {
  const session = readSignUpSession(secrets, client, text)
  if (session === undefined || user?.sub !== session.sub) throw invalidSession()
  if (session.expiresAt <= clock.now()) throw expiredSession()
  if (session.provenBy === null) {
    if (user.status === 'UNCONFIRMED') throw unconfirmed()
    return undefined
  }
  // The security stamp changes when the user sets a password or signs out everywhere.
  if (user.status !== 'CONFIRMED' || securityStampOf(user) !== session.securityStamp) throw invalidSession()
  if (await isStateConsumed(db, session.id)) throw usedSession()
  const progress = withProof(noProgress, session.provenBy === 'email' ? 'EMAIL_OTP' : 'SMS_OTP')
  return { kind: 'proven', user, progress, consumes: session }
}
