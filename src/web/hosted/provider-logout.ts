import { isManagedLogin } from '../../oauth/authorize/authorization-request.ts'
import { takeLogoutAnswer, takeLogoutForm } from '../../oauth/logout/provider-logout.ts'
import { cookieIn, csrfCookieName } from '../oauth/cookies.ts'
import { countAs } from '../oauth/oauth-route.ts'
import { signedOutPage } from '../pages/signed-out-page.ts'
import { tokenOf } from './logout.ts'
import { type BodyHandler, type Handler, redirectTo, sendPage, shellOf } from './visit.ts'

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

/** The same, where the provider answers with a form. */
export const postProviderLogout: BodyHandler = async (visit, form) => {
  countAs('RevokeToken', visit.request, visit.options)
  const state = await takeLogoutForm(visit.deps, visit.browser, form)
  return redirectTo(visit, `/saml2/logout?${new URLSearchParams({ state })}`, 303)
}
