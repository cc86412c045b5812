import { hostedPagesOf } from '../../pools/extensions/pool-extensions.ts'
import type { HostedSignIn } from '../../signin/hosted/hosted-sign-in.ts'
import { findPasskeys } from '../../users/passkeys/passkey-repository.ts'
import { findRelyingParty } from '../../users/passkeys/relying-party.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import type { AuthorizeDeps } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { isFreshProof, lacksSecondFactor } from '../domain-session/fresh-proof.ts'
import { proofOf } from '../domain-session/proof.ts'
import { justNowSeconds, mayAddPasskey } from './add-passkey.ts'

/** The user who has just signed in, with times in epoch seconds. */
type UserOfSignIn = Pick<HostedSignIn, 'user' | 'authTime' | 'provenAt' | 'hasSecondFactor'>

/**
 * Whether the pages offer a passkey to a user who has just signed in: where the pool wants it, to users without a passkey, until the user
 * declines it in this browser.
 */
export async function offersPasskey(
  deps: AuthorizeDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  { user, ...signIn }: UserOfSignIn,
): Promise<boolean> {
  const { pool } = request
  const { sub } = user
  const [proof, now] = [proofOf(signIn), deps.clock.now()]
  if (!hostedPagesOf(pool).offerPasskey || !pool.allowedFirstFactors.includes('WEB_AUTHN')) return false
  if (!mayAddPasskey(request, proof, now)) return false
  if (browser.hasDeclinedPasskey(pool.id) || !acceptsLaterAnswer(request, sub)) return false
  if ((await findRelyingParty(deps, pool)) === undefined) return false
  if ((await findPasskeys(deps.db, pool.id, sub)).length > 0) return false
  return isFreshProof(proof, await lacksSecondFactor(deps.db, pool, user, proof), now)
}

/** Whether the request accepts the session of this user when the page is done. Otherwise the user would have to sign in again. */
function acceptsLaterAnswer({ prompts, maxAge = Infinity, pushedId, acceptedSubs, assurance }: AuthorizationRequest, sub: string): boolean {
  const keepsPrompt = pushedId !== undefined && prompts.includes('login')
  return !keepsPrompt && assurance === undefined && maxAge > justNowSeconds && (acceptedSubs?.includes(sub) ?? true)
}
