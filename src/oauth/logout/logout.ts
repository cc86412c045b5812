import type { AppClient } from '../../pools/app-client.ts'
import { requirePageClient } from '../authorize/authorization-request.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { endDomainSessions, providerSessionsIn } from '../domain-session/domain-session.ts'
import { PageError } from '../page-error.ts'
import { type Parameters, type ReceivedParameters, receiveParameters } from '../parameters.ts'
import { type BrowserToken, leaveByProviders, type ProviderLogoutDeps } from './provider-logout.ts'

/** The browser drops its cookie for the pool and goes to `location`. */
type LoggedOut = { readonly poolId: string; readonly location: string }

/**
 * The logout endpoint of Cognito: ends the sessions of the browser. No token is revoked. Then the browser goes to `logout_uri`, one of the
 * client's LogoutURLs, or to the sign-in page for `redirect_uri`. A `logout_uri` wins. Providers whose sessions end as well come before that.
 *
 * @throws PageError when the client cannot be used, and when the request has neither of the two forms.
 */
export async function logOut(deps: ProviderLogoutDeps, browser: BrowserRequest, browserToken: BrowserToken): Promise<LoggedOut> {
  const received = receiveParameters(browser.query)
  const { pool, client } = await requirePageClient(deps, browser.host, received)
  const location = requireCognitoAddress(client, received)
  const sent = { pool, cookie: browser.sessionCookieOf(pool.id) }
  await endDomainSessions(deps, sent)
  const leaving = { location, sessions: providerSessionsIn(deps, sent), browserToken }
  return { poolId: pool.id, location: (await leaveByProviders(deps, browser, { pool, client }, leaving)) ?? location }
}

/**
 * Where the browser goes after a logout of Cognito's form.
 *
 * @throws PageError redirect_mismatch when the address is not registered for the client, or the request has it twice.
 */
export function requireCognitoAddress(client: AppClient, { parameters, wrong, areTooMany }: ReceivedParameters): string {
  const isBroken = areTooMany || wrong.has('logout_uri') || wrong.has('redirect_uri')
  const location = isBroken ? undefined : (findLogoutUri(client.logoutUrls, parameters) ?? findLoginPage(client.callbackUrls, parameters))
  if (location === undefined) throw new PageError('redirect_mismatch', client.id)
  return location
}

/** One of the registered URIs, byte for byte. */
function findLogoutUri(registered: readonly string[] | undefined, parameters: Parameters): string | undefined {
  const uri = registered?.find((url) => url === parameters.get('logout_uri'))
  return uri?.replace(/[^\x21-\x7e]+/gu, encodeURIComponent)
}

/** The parameters of a logout that go on to the sign-in page. */
const passedOn: readonly string[] = ['client_id', 'redirect_uri', 'response_type', 'state', 'scope', 'nonce']

function findLoginPage(registered: readonly string[] | undefined, parameters: Parameters): string | undefined {
  const redirectUri = parameters.get('redirect_uri')
  const isRegistered = redirectUri !== undefined && registered?.includes(redirectUri)
  if (parameters.has('logout_uri') || !isRegistered || !parameters.has('response_type')) return undefined
  const kept = [...parameters].filter(([name]) => passedOn.includes(name))
  return `/login?${new URLSearchParams(kept)}`
}
