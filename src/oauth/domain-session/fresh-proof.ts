import { minuteMs } from '../../base/durations.ts'
import type { Pool } from '../../pools/pool.ts'
import { decideMfa } from '../../signin/mfa-decision.ts'
import type { Db } from '../../storage/db.ts'
import { hasSoftwareToken } from '../../users/mfa/software-token-repository.ts'
import type { User } from '../../users/user.ts'
import type { PageProof } from './proof.ts'

/** A session outlives the moment in which its user sat at the browser. So a sensitive change needs a sign-in that is not older than this. */
const freshMs = 10 * minuteMs

/**
 * Whether a sign-in proves that the user sits at the browser now. Neither does a remembered device stand in for the second factor, nor a
 * session at an identity provider for a sign-in there.
 */
export const isFreshProof = ({ provenAt }: PageProof, lacksFactor: boolean, now: number): boolean =>
  provenAt !== undefined && now - provenAt <= freshMs && !lacksFactor

/** Whether the proof of the user lacks a second factor that it has to have. */
export async function lacksSecondFactor(db: Db, pool: Pool, user: User, { hasSecondFactor }: PageProof): Promise<boolean> {
  return !hasSecondFactor && (await asksSecondFactor(db, pool, user))
}

/** Whether a sign-in asks the user for a second factor. The pool asks users of identity providers for none: that is the provider's affair. */
export async function asksSecondFactor(db: Db, pool: Pool, user: User): Promise<boolean> {
  if (pool.mfa === 'OFF' || user.status === 'EXTERNAL_PROVIDER') return false
  return decideMfa(pool, user, await hasSoftwareToken(db, user)).kind !== 'pass'
}
