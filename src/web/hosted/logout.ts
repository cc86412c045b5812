import { type EndSession, endSession } from '../../oauth/logout/end-session.ts'
import { logOut } from '../../oauth/logout/logout.ts'
import type { BrowserToken } from '../../oauth/logout/provider-logout.ts'
import type { Parameters } from '../../oauth/parameters.ts'
import { sessionCookieName, writeCookie } from '../oauth/cookies.ts'
import { csrfTokenFor, isOwnForm } from '../oauth/csrf.ts'
import { signOutPage } from '../pages/account-pages.ts'
import { signedOutPage } from '../pages/signed-out-page.ts'
import { type FormHandler, goOnAsGet, type Handler, redirectTo, refusePost, type Send, sendPage, shellOf, type Visit } from './visit.ts'

export const visitLogout: Handler = async (visit) => {
  const { deps, browser } = visit
  const browserToken = tokenOf(visit)
  const outcome = await endSession(deps, browser, { isConfirmed: false, browserToken })
  if (outcome !== undefined) return send(visit, outcome)
  const { poolId, location } = await logOut(deps, browser, browserToken)
  dropSession(visit, poolId)
  return redirectTo(visit, location)
}

/** The form of the page that asks, or a form of an app (RP-Initiated Logout §2). The app's goes on as a GET, which brings the cookies. */
export const postLogout: FormHandler = async (visit, form, body) => {
  const { deps, names, request, browser } = visit
  const token = form.get('_csrf')
  if (token === undefined) return isOfStandard(form) ? goOnAsGet(visit, '/logout', body) : refusePost(visit)
  const outcome = await endSession(deps, browser, { isConfirmed: isOwnForm(request, token, names), browserToken: tokenOf(visit) })
  return outcome === undefined ? refusePost(visit) : send(visit, outcome, { isAfterForm: true })
}

/** Cognito's logout takes GET only. */
const isOfStandard = (form: Parameters): boolean => form.has('id_token_hint') || form.has('post_logout_redirect_uri')

/** The browser gets a token only if it is sent to an identity provider. */
export const tokenOf =
  ({ request, reply, names }: Visit): BrowserToken =>
  () =>
    csrfTokenFor(request, reply, names)

/** The browser drops its cookie for the pool. */
export function dropSession({ names, reply, browser }: Visit, poolId: string): void {
  reply.header('set-cookie', writeCookie(names, sessionCookieName(names, browser.host, poolId), '', 0))
}

/** Our form may lead to addresses of the app only (form-targets.ts). So the way to a provider goes by a page that moves on by itself. */
async function send(visit: Visit, outcome: EndSession, { isAfterForm = false } = {}): Promise<Send> {
  const { kind, pool, location, isToProvider, frames } = outcome
  const isPageNeeded = frames.length > 0 || (isAfterForm && isToProvider)
  if (kind === 'ended') dropSession(visit, pool.id)
  if (kind === 'ended' && location !== undefined && !isPageNeeded) return redirectTo(visit, location)
  const shell = await shellOf(visit, outcome)
  if (kind === 'ask') {
    return sendPage(visit, shell, signOutPage(shell, { action: `/logout?${visit.browser.query}` }), {
      // Cognito's logout may lead to the sign-in page of this host.
      redirectUri: location?.startsWith('/') ? undefined : location,
      isForm: true,
    })
  }
  return sendPage(visit, shell, signedOutPage(shell, { frames, next: location }))
}
