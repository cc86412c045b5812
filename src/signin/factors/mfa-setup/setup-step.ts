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
import { openState, sealState } from '../../sealed-state.ts'
import { invalidSession, usedSession } from '../../sign-in-errors.ts'
import { requireStateOfAnyClient } from '../../sign-in-state.ts'

/** The sign-in state's data during the set-up of an authenticator app. */
export type SetupMemory = {
  /** The secret of the authenticator app in Base32; null before AssociateSoftwareToken. */
  readonly secret: string | null
  /** Whether a code was verified, so that MFA_SETUP can be answered. */
  readonly isProven: boolean
}

type SetupStep = LaterStep<SetupMemory>

export type SetupDeps = LaterStepDeps & { readonly pools: PoolCatalog }

export type Setup = { readonly pool: Pool; readonly client: AppClient; readonly user: User; readonly step: SetupStep }

/**
 * The set-up that the Session of AssociateSoftwareToken or VerifySoftwareToken belongs to. Only a Session of MFA_SETUP is accepted: with
 * any other challenge the user has a second factor already, and the first factor alone must not replace it.
 *
 * @throws ApiError NotAuthorizedException when the Session is not of MFA_SETUP, expired or used, and when its user has changed since.
 */
export async function openSetup({ db, clock, secrets, pools }: SetupDeps, session: string): Promise<Setup> {
  const step: SetupStep = requireStateOfAnyClient(openState(secrets, session), 'MFA_SETUP', clock.now())
  const [owner, user, isConsumed] = await Promise.all([
    pools.findClient(step.clientId),
    findUser(db, step.poolId, step.sub),
    isStateConsumed(db, step.id),
  ])
  if (isConsumed) throw usedSession()
  if (owner === undefined || user === undefined || !isStampCurrent(step, user)) throw invalidSession()
  requireEnabled(user)
  return { ...owner, user, step }
}

/**
 * A new Session for a set-up that is under way, with `memory` as its data. The lifetime begins anew: the Session is valid for the client's
 * full AuthSessionValidity.
 */
export function resumeSetup({ secrets, clock }: SetupDeps, { client, step }: Setup, memory: SetupMemory): string {
  const expiresAt = clock.now() + client.authSessionValidityMinutes * 60_000
  return sealState(secrets, { ...step, expiresAt, memory })
}

/** The Session of a finished set-up. It holds a new step with an id of its own. The answer to MFA_SETUP consumes that step. */
export function concludeSetup({ secrets, clock }: SetupDeps, { client, user, step }: Setup): string {
  const memory: SetupMemory = { secret: null, isProven: true }
  const signIn = { context: { client }, user, progress: step.progress }
  return sealState(secrets, newLaterStep(signIn, { challenge: 'MFA_SETUP', memory, now: clock.now() }))
}

/**
 * Consumes the step. That makes every Session of the set-up so far invalid, because all these Sessions have the same id. The id is
 * remembered as consumed for the longest AuthSessionValidity, because none of these Sessions is valid for longer. False when the step was
 * consumed before.
 */
export function consumeSetup(tx: Tx, { id }: SetupStep, now: number): Promise<boolean> {
  return consumeState(tx, id, now + longestSessionMs)
}

const longestSessionMs = 15 * minuteMs

/** Whether the user may set up `method` after the first factor alone. False once the user can complete the sign-in in another way. */
export async function canSetUp(
  tx: LaterStepDeps['db'] | Tx,
  pool: Pool,
  user: User,
  method: 'SOFTWARE_TOKEN_MFA' | 'EMAIL_OTP',
): Promise<boolean> {
  const decision = decideMfa(pool, user, await hasSoftwareToken(tx, user))
  return decision.kind === 'setup' && decision.methods.includes(method)
}
