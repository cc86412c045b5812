import { clientExtensionsOf } from '../../pools/client-extensions/client-extensions.ts'
import { isReturnUrl } from '../../pools/client-extensions/confirmation-links.ts'
import { returnAddressOf } from '../../pools/page-address.ts'
import { chooseOnPage } from '../../signin/hosted/hosted-sign-in.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import { findActiveUser } from '../../users/expired-sign-ups/expired-sign-ups.ts'
import { confirmSignUpByCode } from '../../users/sign-up/confirm-sign-up.ts'
import { newProvenSession } from '../../users/sign-up/sign-up-session.ts'
import { identifyRequest } from '../authorize/authorization-request.ts'
import { type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { visitorOf } from '../devices/browser-device.ts'
import { findStep } from '../login/find-step.ts'
import { type Continue, type SignedIn, toNextPage } from '../login/login.ts'
import { type AccountDeps, thenSignIn, withLinksOf } from './account-step.ts'

/** The link in the message of a sign-up. */
export type ConfirmationLink = {
  readonly clientId: string
  readonly username: string
  readonly code: string
  readonly returnUrl: string | undefined
}

/** Whether the link confirms the user by a click on its page, and not when it is opened: mail scanners open links. */
export const asksForClick = ({ client }: PoolAndClient): boolean => clientExtensionsOf(client).confirmationLinks !== undefined

/** The user is signed in, or has a further step to take. `query` is that of the app's request. */
type Onward = { readonly kind: 'onward'; readonly query: string; readonly outcome: Continue | SignedIn | RedirectToApp }
type Confirmed = { readonly kind: 'confirmed' }
/** Another address has to be verified, by a code that went there. */
type Missing = { readonly kind: 'missing'; readonly destination: string }

/**
 * Confirms the user of the link. A user who opens it in the browser of the sign-up is signed in, if the client wants that: the browser's step
 * proves the sign-up, and the code proves the address.
 *
 * @throws ApiError as `confirmSignUpByCode` does
 */
export async function confirmByLink(
  deps: AccountDeps,
  browser: BrowserRequest,
  owner: PoolAndClient,
  { username, code, returnUrl }: ConfirmationLink,
): Promise<Confirmed | Missing | Onward> {
  const { pool, client } = owner
  const callerContext = { clientId: client.id, clientMetadata: undefined, userAgent: browser.context.userAgent }
  const input = { username, code, forceAliasCreation: false, callerContext, returnUrl }
  const { user, provenBy, missing } = await confirmSignUpByCode(withLinksOf(deps, browser), owner, input)
  if (missing !== undefined) return { kind: 'missing', destination: missing.destination }
  const step = findStep(deps, browser, owner, 'confirm')
  if (!clientExtensionsOf(client).confirmationLinks?.signsIn || step?.query === undefined || provenBy === undefined) {
    return { kind: 'confirmed' }
  }
  const now = deps.clock.now()
  const named = await findActiveUser(deps.db, pool, step.username, now)
  if (named?.sub !== user.sub) return { kind: 'confirmed' }
  const page = { ...browser, query: step.query }
  const outcome = await readingForApp(deps, page, (request) =>
    thenSignIn(deps, request, step.username, async () => {
      const session = newProvenSession(deps.secrets, client, user, { provenBy, now })
      const from = visitorOf(deps, browser, owner)
      const result = await chooseOnPage(deps, request, { username: step.username, session, from })
      return toNextPage(deps, page, request, { username: step.username, isRemembered: false, result })
    }),
  )
  return { kind: 'onward', query: step.query, outcome }
}

/** Where the page of the link leads when the user is confirmed. */
export type WayOn = { readonly href: string; readonly kind: 'app' | 'sign-in' }

/**
 * The address that the link names, if the client allows it. Else the sign-in page: for the request of the app in the browser of the sign-up,
 * and for a request of its own elsewhere. Undefined where the client has no pages.
 */
export function wayOnFrom(
  deps: AccountDeps,
  browser: BrowserRequest,
  owner: PoolAndClient,
  { returnUrl }: ConfirmationLink,
): WayOn | undefined {
  if (returnUrl !== undefined && isReturnUrl(owner.client, returnUrl)) return { kind: 'app', href: returnUrl }
  const returnTo = returnAddressOf(owner)
  const query =
    findStep(deps, browser, owner, 'confirm')?.query ?? (returnTo && `${new URLSearchParams({ client_id: owner.client.id, ...returnTo })}`)
  return query === undefined ? undefined : { kind: 'sign-in', href: `/login?${query}` }
}

/** Where the click may lead at its end: to the app that the browser signs up for. Undefined in other browsers. */
export async function findAppOf(deps: AccountDeps, browser: BrowserRequest, owner: PoolAndClient): Promise<string | undefined> {
  const query = findStep(deps, browser, owner, 'confirm')?.query
  return query === undefined ? undefined : (await identifyRequest(deps, browser.host, query)).target.redirectUri
}
