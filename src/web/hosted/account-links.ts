import { isRecoveredByAdminOnly } from '../../messaging/destination.ts'
import type { Pool } from '../../pools/pool.ts'

/** The links of the sign-in pages that the pool's settings allow. */
export function accountLinksOf(
  pool: Pool,
  query: string,
): { readonly signUpHref: string | undefined; readonly forgotHref: string | undefined } {
  return {
    signUpHref: pool.adminCreatesUsersOnly ? undefined : `/signup?${query}`,
    forgotHref: isRecoveredByAdminOnly(pool) ? undefined : `/forgotPassword?${query}`,
  }
}
