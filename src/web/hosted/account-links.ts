import { isRecoveredByAdminOnly } from '../../messaging/destination.ts'
import { offersOwnUsers } from '../../oauth/providers/find-provider.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'

/** The links of the sign-in pages that the settings of pool and client allow. */
export function accountLinksOf(
  { pool, client }: PoolAndClient,
  query: string,
): { readonly signUpHref: string | undefined; readonly forgotHref: string | undefined } {
  if (!offersOwnUsers(client)) return { signUpHref: undefined, forgotHref: undefined }
  return {
    signUpHref: pool.adminCreatesUsersOnly ? undefined : `/signup?${query}`,
    forgotHref: isRecoveredByAdminOnly(pool) ? undefined : `/forgotPassword?${query}`,
  }
}
