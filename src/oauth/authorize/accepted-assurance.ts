import type { Pool } from '../../pools/pool.ts'
import { canContinue } from '../../signin/assurance/goal.ts'
import { proofsOf } from '../../signin/assurance/methods.ts'
import type { Db } from '../../storage/db.ts'
import { metLevel } from '../../tokens/assurance.ts'
import { usableMfa } from '../../users/mfa/mfa-methods.ts'
import { hasSoftwareToken } from '../../users/mfa/software-token-repository.ts'
import type { LiveSession } from '../domain-session/domain-session.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

/**
 * Whether the session is good enough for the levels of assurance that the app asks for. A session that reaches none of them is good enough
 * if the app does not insist, and the user could not add a second factor that leads to one of them.
 */
export async function isAssuranceAccepted(
  { db }: { readonly db: Db },
  { pool, assurance }: { readonly pool: Pool; readonly assurance: AuthorizationRequest['assurance'] },
  { session: { methods }, user }: LiveSession,
): Promise<boolean> {
  if (assurance === undefined) return true
  // A session of a time in which the pool did not note the methods proves none.
  if (methods === undefined) return false
  if (metLevel(assurance, methods) !== undefined) return true
  if (assurance.isEssential) return false
  const abilities = { firsts: [], seconds: usableMfa(pool, user, await hasSoftwareToken(db, user)) }
  return !assurance.levels.some((level) => canContinue(level, proofsOf(methods), abilities))
}
