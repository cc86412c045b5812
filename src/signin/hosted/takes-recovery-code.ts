import type { Secrets } from '../../base/secrets.ts'
import type { Pool } from '../../pools/pool.ts'
import { acceptsRecoveryCode } from '../factors/recovery-code/recovery-code.ts'
import { openState } from '../sealed-state.ts'
import type { Challenge } from '../sign-in.ts'

/** Whether the page of the challenge offers to use a recovery code. It does so for all users alike, also for those without codes. */
export function takesRecoveryCode({ secrets }: { readonly secrets: Secrets }, pool: Pool, { session }: Challenge): boolean {
  const state = session === undefined ? undefined : openState(secrets, session)
  return state !== undefined && acceptsRecoveryCode(pool, state)
}
