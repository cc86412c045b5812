import type { Clock } from '../base/clock.ts'
import { newOrderedId } from '../base/ordered-id.ts'
import type { Pool } from '../pools/pool.ts'
import type { AnsweredChallenge, AuthEvent } from '../protection/auth-event.ts'
import { type AuthEventDeps, recordAuthEvent, recordOrSimulateAuthEvent, recordsAuthEvents } from '../protection/record-auth-event.ts'
import type { RiskAssessment } from '../protection/risk/assessment.ts'
import type { RiskAssessor } from '../protection/risk/risk-assessor.ts'
import { traitsOf } from '../protection/traits-of.ts'
import { findUser, findUserByName } from '../users/user-repository.ts'
import type { Proof, SignIn, SignInContext, SignInProgress } from './sign-in.ts'
import { WrongProof } from './sign-in-errors.ts'

export type SignInEventDeps = AuthEventDeps & { readonly clock: Clock }

/** In pools that keep a history: gives the progress the id of a new auth event, unless it has an id already. */
export function withEventId<P extends SignInProgress>(progress: P, pool: Pool, now: number): P {
  return progress.eventId === undefined && recordsAuthEvents(pool) ? { ...progress, eventId: newOrderedId(now) } : progress
}

/** Records that a sign-in waits for its next answer. */
export function recordInProgress(deps: SignInEventDeps, signIn: SignIn): Promise<void> {
  return recordSignIn(deps, signIn, { response: 'InProgress', id: signIn.progress.eventId })
}

/** Records that a sign-in was blocked: because of its risk, or because the password is stolen. */
export function recordBlocked(deps: SignInEventDeps, signIn: SignIn): Promise<void> {
  return recordSignIn(deps, signIn, { response: 'Fail', id: signIn.progress.eventId })
}

/**
 * Records that a sign-in ended in a session. The event has the session's id, which the session's tokens carry as `event_id`.
 * If its risk was assessed, later sign-ins of the pool are compared with it.
 */
export async function recordSignedIn(
  deps: SignInEventDeps & { readonly risk: Pick<RiskAssessor, 'learn'> },
  signIn: SignIn,
  sessionId: string,
): Promise<void> {
  await recordSignIn(deps, signIn, { response: 'Pass', id: sessionId })
  const { context, progress } = signIn
  if (progress.risk !== undefined) deps.risk.learn(context.pool.id, traitsOf(deps.places, context), progress.risk.isFirst)
}

async function recordSignIn(
  deps: SignInEventDeps,
  { context, user, progress }: SignIn,
  { response, id }: { readonly response: AuthEvent['response']; readonly id: string | undefined },
): Promise<void> {
  await recordAuthEvent(deps, context.pool, {
    sub: user.sub,
    type: 'SignIn',
    response,
    context,
    now: deps.clock.now(),
    id,
    continues: context.recordedEventId,
    clientId: context.client.id,
    challenges: answeredChallengesOf(progress.proofs),
    risk: progress.risk && assessmentOf(progress.risk),
    isCompromised: progress.isCompromised,
  })
}

const assessmentOf = ({ points, level, decision, reasons }: RiskAssessment): RiskAssessment => ({ points, level, decision, reasons })

type Attempt = {
  /** The USERNAME of the request, as the client sent it. */
  readonly username: string | undefined
  /** The challenge that is answered, or what is given in place of its answer. */
  readonly challenge: Proof
  /** What was proven before `challenge`. */
  readonly proofs: readonly Proof[]
  /** What was decided of the risk in an earlier call. */
  readonly risk?: RiskAssessment | undefined
  /** What an earlier call found out about the password. */
  readonly isCompromised?: boolean | undefined
}

/** Runs `step`. When it fails because an answer was wrong, the failure is recorded in the history of the user, if there is such a user. */
export async function recordingWrongProofs<T>(
  deps: SignInEventDeps,
  context: SignInContext,
  attempt: Attempt,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof WrongProof && recordsAuthEvents(context.pool)) await recordWrongProof(deps, context, attempt)
    throw error
  }
}

async function recordWrongProof(
  deps: SignInEventDeps,
  context: SignInContext,
  { username = '', challenge, proofs, risk, isCompromised }: Attempt,
): Promise<void> {
  const { db, clock } = deps
  const { pool, client, recordedEventId } = context
  // Clients answer with the name that the user typed, or with the name in the challenge, which may be the `sub`.
  const byName = await findUserByName(db, pool, username)
  const bySub = await findUser(db, pool.id, username)
  const sub = (byName ?? bySub)?.sub
  const failed = eventNameOf(challenge, proofs.length)
  const occurrence = {
    type: 'SignIn',
    response: 'Fail',
    context,
    now: clock.now(),
    clientId: client.id,
    challenges: [...answeredChallengesOf(proofs), ...(failed === undefined ? [] : [{ name: failed, isPassed: false }])],
    risk: risk && assessmentOf(risk),
    isCompromised,
  } as const
  // A wrong password does not consume the state, so one challenge can get many wrong passwords. Each of them is an event of its own, in
  // every flow.
  const isFirstPassword = challenge === 'PASSWORD_VERIFIER' && proofs.length === 0
  if (recordedEventId === undefined || isFirstPassword || sub === undefined) {
    return recordOrSimulateAuthEvent(deps, pool, { ...occurrence, sub })
  }
  await recordAuthEvent(deps, pool, { ...occurrence, sub, id: recordedEventId, continues: recordedEventId })
}

function answeredChallengesOf(proofs: readonly Proof[]): AnsweredChallenge[] {
  return proofs.flatMap((proof, position) => {
    const name = eventNameOf(proof, position)
    return name === undefined ? [] : [{ name, isPassed: true }]
  })
}

const passwordChallenges: ReadonlySet<Proof> = new Set([
  'ADMIN_NO_SRP_AUTH',
  'PASSWORD',
  'PASSWORD_SRP',
  'PASSWORD_VERIFIER',
  // An answer to SELECT_CHALLENGE can contain the password.
  'SELECT_CHALLENGE',
])
const secondFactorChallenges: ReadonlySet<Proof> = new Set([
  'DEVICE_PASSWORD_VERIFIER',
  'EMAIL_OTP',
  'RECOVERY_CODE',
  'SMS_MFA',
  'SOFTWARE_TOKEN_MFA',
  'WEB_AUTHN',
])

/**
 * The name of an answered challenge in the user's history. The API has only the names Password and Mfa. For a code or a passkey as the
 * first factor the API has no name.
 */
function eventNameOf(proof: Proof, position: number): AnsweredChallenge['name'] | undefined {
  if (position === 0) return passwordChallenges.has(proof) ? 'Password' : undefined
  return secondFactorChallenges.has(proof) ? 'Mfa' : undefined
}
