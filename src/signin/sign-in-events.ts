import type { Clock } from '../base/clock.ts'
import { newOrderedId } from '../base/ordered-id.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { AnsweredChallenge } from '../protection/auth-event.ts'
import { recordAuthEvent, recordFailedFirstStep, recordsAuthEvents } from '../protection/record-auth-event.ts'
import type { Db } from '../storage/db.ts'
import { findUser, findUserByName } from '../users/user-repository.ts'
import type { ChallengeName, SignIn, Visit } from './sign-in.ts'
import { WrongProof } from './wrong-proof.ts'

type Deps = { readonly db: Db; readonly clock: Clock }

/** The event that a sign-in goes on with, or a new one; none in pools that keep no history. */
export function eventOf(pool: Pool, visit: Visit, now: number): string | undefined {
  return visit.eventId ?? (recordsAuthEvents(pool) ? newOrderedId(now) : undefined)
}

/** Notes that a sign-in waits for its next answer. */
export async function recordWaiting({ db, clock }: Deps, { pool, client, user, proofs, eventId }: SignIn, visit: Visit): Promise<void> {
  await recordAuthEvent(db, pool, {
    sub: user.sub,
    type: 'SignIn',
    response: 'InProgress',
    context: visit,
    now: clock.now(),
    id: eventId,
    continues: visit.eventId,
    clientId: client.id,
    challenges: passed(proofs),
  })
}

/** Notes that a sign-in ended in a session; from here on the event is called like that, and so are the tokens' `event_id`. */
export async function recordSignedIn(
  { db, clock }: Deps,
  { pool, client, user, proofs }: SignIn,
  visit: Visit,
  sessionId: string,
): Promise<void> {
  await recordAuthEvent(db, pool, {
    sub: user.sub,
    type: 'SignIn',
    response: 'Pass',
    context: visit,
    now: clock.now(),
    id: sessionId,
    continues: visit.eventId,
    clientId: client.id,
    challenges: passed(proofs),
  })
}

type Try = {
  readonly pool: Pool
  readonly client: AppClient
  readonly visit: Visit
  /** What the answer calls the user. */
  readonly username: string | undefined
  /** What was answered, and what had been before. */
  readonly challenge: ChallengeName
  readonly proofs: readonly ChallengeName[]
}

/** Takes a step, and notes if it failed for a wrong answer in the name of a user who exists. */
export async function recordingWrongProofs<T>(deps: Deps, tried: Try, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof WrongProof && recordsAuthEvents(tried.pool)) await noteWrongProof(deps, tried)
    throw error
  }
}

async function noteWrongProof({ db, clock }: Deps, { pool, client, visit, username = '', challenge, proofs }: Try): Promise<void> {
  // Clients answer with the name that was typed, or with the one that the question told them, which may be the `sub`.
  const byName = await findUserByName(db, pool, username)
  const bySub = await findUser(db, pool.id, username)
  const sub = (byName ?? bySub)?.sub
  const failed = nameOf(challenge, proofs.length)
  const occurrence = {
    type: 'SignIn',
    response: 'Fail',
    context: visit,
    now: clock.now(),
    clientId: client.id,
    challenges: [...passed(proofs), ...(failed === undefined ? [] : [{ name: failed, isPassed: false }])],
  } as const
  const { eventId } = visit
  if (eventId === undefined || sub === undefined) return recordFailedFirstStep(db, pool, { ...occurrence, sub })
  await recordAuthEvent(db, pool, { ...occurrence, sub, id: eventId, continues: eventId })
}

function passed(proofs: readonly ChallengeName[]): AnsweredChallenge[] {
  return proofs.flatMap((proof, position) => {
    const name = nameOf(proof, position)
    return name === undefined ? [] : [{ name, isPassed: true }]
  })
}

const withPassword: ReadonlySet<ChallengeName> = new Set([
  'ADMIN_NO_SRP_AUTH',
  'PASSWORD',
  'PASSWORD_SRP',
  'PASSWORD_VERIFIER',
  // The choice and its answer can come in one call, and then it is a password.
  'SELECT_CHALLENGE',
])
const withSecondFactor: ReadonlySet<ChallengeName> = new Set([
  'DEVICE_PASSWORD_VERIFIER',
  'EMAIL_OTP',
  'SMS_MFA',
  'SOFTWARE_TOKEN_MFA',
  'WEB_AUTHN',
])

/** The service has names for these two only: a code or passkey that is the first factor goes without. */
function nameOf(proof: ChallengeName, position: number): AnsweredChallenge['name'] | undefined {
  if (position === 0) return withPassword.has(proof) ? 'Password' : undefined
  return withSecondFactor.has(proof) ? 'Mfa' : undefined
}
