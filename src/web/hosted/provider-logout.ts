import { hasLogoutRequest } from '../../federation/saml/logout-request.ts'
import { isManagedLogin } from '../../oauth/authorize/authorization-request.ts'
import { takeLogoutAnswer, takeLogoutForm } from '../../oauth/logout/provider-logout.ts'
import { locationOfLogoutForm, takeLogoutRequest } from '../../oauth/logout/take-logout-request.ts'
import { receiveParameters } from '../../oauth/parameters.ts'
import { cookieIn, csrfCookieName } from '../oauth/cookies.ts'
import { countAs } from '../oauth/oauth-route.ts'
import { formPostPage } from '../pages/form-post-page.ts'
import { signedOutPage } from '../pages/signed-out-page.ts'
import { dropSession, tokenOf } from './logout.ts'
import {
  type BodyHandler,
  goOnAt,
  type Handler,
  keepSession,
  plainShellOf,
  redirectTo,
  type Send,
  sendPage,
  shellOf,
  type Visit,
} from './visit.ts'

/** The browser comes back from an identity provider after a logout, or the provider begins one. */
export const visitSamlLogout: Handler = async (visit) =>
  hasLogoutRequest(receiveParameters(visit.browser.query).parameters) ? visitLogoutRequest(visit) : visitProviderLogout(visit)

/** The browser comes back from an identity provider after a logout. */
export const visitProviderLogout: Handler = async (visit) => {
  const { deps, names, request, browser } = visit
  const tokens = { kept: cookieIn(request, csrfCookieName(names)), browserToken: tokenOf(visit) }
  const { pool, client, location } = await takeLogoutAnswer(deps, browser, tokens)
  if (location !== undefined) return redirectTo(visit, location)
  const page = { pool, client, uiLocales: undefined, isManagedLogin: await isManagedLogin(deps, browser.host, pool.id) }
  const shell = await shellOf(visit, page)
  return sendPage(visit, shell, signedOutPage(shell, { frames: [], next: undefined }))
}

/** The same, where the provider sends a form. */
export const postProviderLogout: BodyHandler = async (visit, body) => {
  countAs('RevokeToken', visit.request, visit.options)
  const form = receiveParameters(body)
  const isRequest = form.parameters.has('SAMLRequest') && !form.parameters.has('SAMLResponse')
  if (isRequest) return goOnAt(visit, locationOfLogoutForm(form))
  const state = await takeLogoutForm(visit.deps, visit.browser, body)
  return redirectTo(visit, `/saml2/logout?${new URLSearchParams({ state })}`, 303)
}

/** Ends the session of the browser as the provider wants it, and answers the provider. */
async function visitLogoutRequest(visit: Visit): Promise<Send> {
  const { poolId, cookie, answer, frames } = await takeLogoutRequest(visit.deps, visit.browser)
  if (cookie === undefined) dropSession(visit, poolId)
  else if (cookie !== 'unchanged') keepSession(visit, { poolId, ...cookie })
  const { location, form } = answer ?? {}
  if (location !== undefined && form === undefined && frames.length === 0) return redirectTo(visit, location)
  const shell = plainShellOf(visit)
  if (location === undefined || form === undefined) return sendPage(visit, shell, signedOutPage(shell, { frames, next: location }))
  return sendPage(visit, shell, { ...formPostPage(shell, location, form), frames }, { redirectUri: location })
}
