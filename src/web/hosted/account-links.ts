import { offersReset, offersSignUp } from '../../oauth/account/offered-pages.ts'
import { offersOwnUsers } from '../../oauth/providers/find-provider.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'

/** The links of the sign-in pages that the settings of pool and client allow. */
export function accountLinksOf(
  owner: PoolAndClient,
  query: string,
): { readonly signUpHref: string | undefined; readonly forgotHref: string | undefined } {
  if (!offersOwnUsers(owner.client)) return { signUpHref: undefined, forgotHref: undefined }
  return {
    signUpHref: offersSignUp(owner) ? `/signup?${query}` : undefined,
    forgotHref: offersReset(owner) ? `/forgotPassword?${query}` : undefined,
  }
}
