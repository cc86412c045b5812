import type { AppClient } from '../../pools/app-client.ts'
import { isStateConsumed } from '../../storage/consumed-state-repository.ts'
import { securityStampOf } from '../../users/security-stamp.ts'
import { readSignUpSession } from '../../users/sign-up/sign-up-session.ts'
import { type Candidate, unconfirmed } from '../candidate.ts'
import type { Verdict } from '../factor.ts'
import type { LaterStepDeps } from '../later-step.ts'
import { expiredSession, invalidSession, usedSession } from '../sign-in-state.ts'

/**
 * The Session of ConfirmSignUp lets its user in, once. That of SignUp proves nothing, but its bearer is told while the user is not
 * confirmed yet; undefined says that they are, and have to sign in like everybody. Throws NotAuthorizedException for any other Session.
 */
export async function proveSignUp(
  { db, secrets, clock }: LaterStepDeps,
  client: AppClient,
  { user }: Candidate,
  text: string,
): Promise<Verdict | undefined> {
  const session = readSignUpSession(secrets, client, text)
  if (session === undefined || user?.sub !== session.sub) throw invalidSession()
  if (session.expiresAt <= clock.now()) throw expiredSession()
  if (session.provenBy === null) {
    if (user.status === 'UNCONFIRMED') throw unconfirmed()
    return undefined
  }
  // The password or the sign-in of somebody who has been here before.
  if (user.status !== 'CONFIRMED' || securityStampOf(user) !== session.securityStamp) throw invalidSession()
  if (await isStateConsumed(db, session.id)) throw usedSession()
  return { kind: 'proven', proof: { user, proofs: [session.provenBy === 'email' ? 'EMAIL_OTP' : 'SMS_OTP'], consumes: session } }
}
