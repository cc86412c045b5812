import { signInLinksOf } from '../../pools/extensions/pool-extensions.ts'
import { requireAvailable, resumeChoice } from '../choice/answer-choice.ts'
import { allowsFlow } from '../client-flows.ts'
import { proveLink } from '../factors/sign-in-link/prove-link.ts'
import { createLinkChallenge, type LinkRequest } from '../factors/sign-in-link/send-link.ts'
import type { SignInLink } from '../factors/sign-in-link/sign-in-link.ts'
import type { SignInDeps } from '../initiate.ts'
import { openState } from '../sealed-state.ts'
import type { PoolAndClient } from '../sign-in.ts'
import { beginOnPage, type PageOwner, type PageStepResult, type PageVisitor } from './hosted-sign-in.ts'

/** Whether the pages send links to sign in with. A link stands for the code of EMAIL_OTP, so the pool and the client have to allow that. */
export function offersLinks({ pool, client }: PoolAndClient): boolean {
  return signInLinksOf(pool).enabled && allowsFlow(client, 'choice') && pool.allowedFirstFactors.includes('EMAIL_OTP')
}

type Asked = {
  /** The Session of a sign-in that has begun with the name. */
  readonly session: string
  readonly username: string
  readonly from: PageVisitor
  readonly link: LinkRequest
}

/**
 * Sends the user of a choice-based sign-in a link. The result has the challenge EMAIL_OTP, whose Session accepts another choice.
 *
 * @throws ApiError as RespondToAuthChallenge does when EMAIL_OTP is chosen.
 */
export function sendLinkOnPage(deps: SignInDeps, owner: PageOwner, { session, username, from, link }: Asked): Promise<PageStepResult> {
  return beginOnPage(deps, owner, { flow: 'EMAIL_OTP', username, from }, async (context) => {
    const answer = { context, state: openState(deps.secrets, session), responses: { USERNAME: username } }
    const { state, signIn, choices } = await resumeChoice(deps, answer)
    requireAvailable(choices, 'EMAIL_OTP')
    return { kind: 'challenge', challenge: await createLinkChallenge(deps, signIn, choices, link), consumes: state }
  })
}

/**
 * Signs the user of a link in. PreAuthentication ran when the sign-in began.
 *
 * @throws ApiError as `proveLink` does.
 */
export function signInByLinkOnPage(
  deps: SignInDeps,
  owner: PageOwner,
  { link, from }: { readonly link: SignInLink; readonly from: PageVisitor },
): Promise<PageStepResult> {
  return beginOnPage(deps, owner, { flow: 'EMAIL_OTP', username: undefined, from }, (context) => proveLink(deps, context, link))
}
