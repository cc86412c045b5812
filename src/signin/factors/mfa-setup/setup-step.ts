import { minuteMs } from '../../../base/durations.ts'
import type { AppClient } from '../../../pools/app-client.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { PoolCatalog } from '../../../pools/pool-catalog.ts'
import { consumeState, isStateConsumed } from '../../../storage/consumed-state-repository.ts'
import type { Tx } from '../../../storage/db.ts'
import { hasSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import type { User } from '../../../users/user.ts'
import { findUser } from '../../../users/user-repository.ts'
import { requireEnabled } from '../../candidate.ts'
import { isStampCurrent, type LaterStep, type LaterStepDeps, newLaterStep } from '../../later-step.ts'
import { decideMfa } from '../../mfa-decision.ts'
import { invalidSession, openAnyState, sealState, usedSession } from '../../sign-in-state.ts'

/** How far the set-up of an authenticator app has come within a sign-in. */
export type SetupMemory = {
  /** What the app was given, in Base32; null before AssociateSoftwareToken. */
  readonly secret: string | null
  /** Whether a code has proven the app, so that MFA_SETUP may be answered. */
  readonly isProven: boolean
}

type SetupStep = LaterStep<SetupMemory>

export type SetupDeps = LaterStepDeps & { readonly pools: PoolCatalog }

export type Setup = { readonly pool: Pool; readonly client: AppClient; readonly user: User; readonly step: SetupStep }

/**
 * The MFA_SETUP that a Session handed to AssociateSoftwareToken or VerifySoftwareToken is about. A Session of any other challenge is no
 * good: its user has a second factor, and the first one alone must not replace it. Throws NotAuthorizedException.
 */
export async function openSetup({ db, clock, secrets, pools }: SetupDeps, session: string): Promise<Setup> {
  const step: SetupStep = openAnyState(secrets, session, 'MFA_SETUP', clock.now())
  const [owner, user, isSpent] = await Promise.all([
    pools.findClient(step.clientId),
    findUser(db, step.poolId, step.sub),
    isStateConsumed(db, step.id),
  ])
  if (isSpent) throw usedSession()
  if (owner === undefined || user === undefined || !isStampCurrent(step, user)) throw invalidSession()
  requireEnabled(user)
  return { ...owner, user, step }
}

/** The Session of the same set-up with another memory, and the time of a whole step to go on with it. */
export function resumeSetup({ secrets, clock }: SetupDeps, { client, step }: Setup, memory: SetupMemory): string {
  const expiresAt = clock.now() + client.authSessionValidityMinutes * 60_000
  return sealState(secrets, { ...step, expiresAt, memory: { ...step.memory, own: memory } })
}

/** The Session of a set-up that is done; it is a step of its own, to be spent on the answer of MFA_SETUP. */
export function concludeSetup({ secrets, clock }: SetupDeps, { pool, client, user, step }: Setup): string {
  const memory: SetupMemory = { secret: null, isProven: true }
  const { proofs, eventId, stepUp, custom } = step
  const signIn = { pool, client, user, proofs, eventId, stepUp, custom }
  return sealState(secrets, newLaterStep(signIn, { challenge: 'MFA_SETUP', memory, now: clock.now() }))
}

/**
 * Uses up the step and every other Session of the same set-up, all of which have its id and none of which lives longer than the longest
 * AuthSessionValidity from now. False when that happened before.
 */
export function consumeSetup(tx: Tx, { id }: SetupStep, now: number): Promise<boolean> {
  return consumeState(tx, id, now + longestSessionMs)
}

const longestSessionMs = 15 * minuteMs

/** Whether the user may still set this up by a first factor alone: not once they have another way to complete the sign-in. */
export async function canSetUp(
  tx: LaterStepDeps['db'] | Tx,
  pool: Pool,
  user: User,
  method: 'SOFTWARE_TOKEN_MFA' | 'EMAIL_OTP',
): Promise<boolean> {
  const decision = decideMfa(pool, user, await hasSoftwareToken(tx, user))
  return decision.kind === 'setup' && decision.methods.includes(method)
}
