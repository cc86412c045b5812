import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AccountPageDeps } from '../../oauth/account-page/account-page-deps.ts'
import type { AuthorizationRequest } from '../../oauth/authorize/authorization-request.ts'
import type { PoolCookie, RedirectToApp } from '../../oauth/authorize/authorize.ts'
import { type BrowserRequest, encodedDataField } from '../../oauth/browser-request.ts'
import type { LoginDeps } from '../../oauth/login/login.ts'
import type { EndSessionDeps } from '../../oauth/logout/end-session.ts'
import { OAuthError } from '../../oauth/oauth-error.ts'
import { PageError } from '../../oauth/page-error.ts'
import { type Parameters, receiveParameters } from '../../oauth/parameters.ts'
import type { AddPasskeyDeps } from '../../oauth/passkeys/add-passkey.ts'
import type { ProviderAnswerDeps } from '../../oauth/providers/finish-provider-sign-in.ts'
import { findRequestHost, type HostDeps } from '../../oauth/request-host.ts'
import { usesThreatProtection } from '../../pools/tier-rules.ts'
import {
  type CookieNames,
  cookieIn,
  deviceCookieName,
  languageCookieName,
  noPasskeyCookieName,
  sessionCookieName,
  sessionPoolIdsIn,
  stepCookieName,
  writeCookie,
} from '../oauth/cookies.ts'
import { csrfTokenFor } from '../oauth/csrf.ts'
import { formTargetsFor } from '../oauth/form-targets.ts'
import { contextOf, type OAuthRouteOptions, queryOf } from '../oauth/oauth-route.ts'
import { brandShell } from '../pages/branding/brand-shell.ts'
import { formPostPage } from '../pages/form-post-page.ts'
import { type Page, renderPage, type Shell } from '../pages/layout.ts'
import { pageHeaders } from '../pages/page-headers.ts'
import { plainShell, withOwnTexts } from '../pages/shell.ts'
import { findLanguage, type Language, languages } from '../pages/texts.ts'

export type PageDeps = LoginDeps & AddPasskeyDeps & ProviderAnswerDeps & EndSessionDeps & AccountPageDeps & HostDeps

/** One request to a page. */
export type Visit = {
  readonly deps: PageDeps
  readonly options: OAuthRouteOptions
  readonly names: CookieNames
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly browser: BrowserRequest
}

/** Sends an answer that is complete. It reads nothing from the database. */
export type Send = () => FastifyReply

/**
 * The work for one request. It runs admitted, so that all its queries count for the load and the deadline of the request. After the deadline
 * the browser has another answer, and `Send` is not called.
 */
export type Handler = (visit: Visit) => Promise<Send>
/** `body` is the form as it was sent. */
export type BodyHandler = (visit: Visit, body: string) => Promise<Send>
export type FormHandler = (visit: Visit, form: Parameters, body: string) => Promise<Send>

export async function beginVisit(visit: Omit<Visit, 'browser'>): Promise<Visit> {
  const { deps, options, names, request } = visit
  const host = await findRequestHost(deps, request.headers.host)
  const browser = {
    host,
    query: queryOf(request),
    context: contextOf(request, options),
    encodedData: undefined,
    workProof: undefined,
    sessionCookieOf: (poolId: string) => cookieIn(request, sessionCookieName(names, host, poolId)),
    sessionPoolIds: sessionPoolIdsIn(request, names, host),
    deviceCookieOf: (poolId: string) => cookieIn(request, deviceCookieName(names, host, poolId)),
    hasDeclinedPasskey: (poolId: string) => cookieIn(request, noPasskeyCookieName(names, host, poolId)) !== undefined,
    stepCookieOf: (poolId: string) => cookieIn(request, stepCookieName(names, host, poolId)),
  }
  return { ...visit, browser }
}

type Client = Pick<AuthorizationRequest, 'pool' | 'client' | 'isManagedLogin' | 'uiLocales'>

/** What all pages of the visit have in common that belong to no app client. `uiLocales` are the languages that the app asks for. */
export function plainShellOf({ names, request, reply }: Omit<Visit, 'browser'>, uiLocales: readonly string[] = []): Shell {
  const { lang } = languageOf(request)
  if (lang !== undefined) reply.header('set-cookie', writeCookie(names, languageCookieName(names), lang, yearSeconds))
  const cookie = cookieIn(request, languageCookieName(names))
  return plainShell({ lang, uiLocales, cookie, acceptLanguage: request.headers['accept-language'] })
}

/** What all pages with a form have in common: their form token, and the addresses of the page in other languages. */
export function formShellOf(visit: Visit, uiLocales?: readonly string[]): Shell {
  const { names, request, reply } = visit
  return {
    ...plainShellOf(visit, uiLocales),
    hiddenFields: { _csrf: csrfTokenFor(request, reply, names) },
    languageLinks: languageLinksOf(request),
  }
}

/**
 * What all pages of an app client have in common: their form token and their look.
 *
 * @throws PageError when the pages are those of managed login on a domain, and the client has no style. Cognito has no fall-back style.
 *   On the main host, which only Lifeguard has, such a client has the default look. So has a client that registered itself.
 */
export async function shellOf(
  visit: Visit,
  { pool, client, isManagedLogin, uiLocales }: Client,
  { isStyleNeeded = isManagedLogin && visit.browser.host.kind === 'domain' }: { readonly isStyleNeeded?: boolean } = {},
): Promise<Shell> {
  const look = await visit.deps.pools.findLookOf(client.id)
  const isUnstyled = look?.managed === undefined && client.registration === undefined
  if (isStyleNeeded && isUnstyled) throw new PageError('login_pages_unavailable', client.id)
  const shell = withBrowserData(withOwnTexts(formShellOf(visit, uiLocales), { pool, client }), { pool, client })
  return look?.poolId === pool.id ? brandShell(shell, { look, clientId: client.id, clientName: client.name, isManagedLogin }) : shell
}

/** In pools with threat protection, the forms get a field in which the page's script tells about the browser. Cognito's has this name. */
function withBrowserData(shell: Shell, { pool, client }: Pick<Client, 'pool' | 'client'>): Shell {
  if (!usesThreatProtection(pool.addOns)) return shell
  const hiddenFields = { ...shell.hiddenFields, [encodedDataField]: '' }
  return { ...shell, hiddenFields, browserData: { userPoolId: pool.id, clientId: client.id } }
}

const yearSeconds = 365 * 24 * 60 * 60

/** The language that the address asks for. */
function languageOf(request: FastifyRequest): { readonly lang: Language | undefined } {
  return { lang: findLanguage(receiveParameters(queryOf(request)).parameters.get('lang')) }
}

/** The addresses of the page in all languages. */
function languageLinksOf(request: FastifyRequest): ReadonlyMap<Language, string> {
  const [path = ''] = (request.raw.url ?? '').split('?')
  return new Map(
    languages.map((language) => {
      const query = new URLSearchParams(queryOf(request))
      query.set('lang', language)
      return [language, `${path}?${query}`]
    }),
  )
}

/** The answer to a POST that the manner of the pool does not know. */
export const refusePost =
  ({ reply }: Pick<Visit, 'reply'>): Send =>
  () =>
    reply.code(405).header('allow', 'GET').send({ message: 'Method not allowed' })

/** The most characters of the address that stands for a form. Servers and proxies limit addresses to some 8,000 characters. */
const longestAddress = 8000

/**
 * The answer to a form of another site: the browser comes back with the same members in the address.
 * @throws OAuthError invalid_request with the status 413 when the address would be too long
 */
export function goOnAsGet(visit: Visit, path: string, form: string): Send {
  return goOnAt(visit, `${path}?${new URLSearchParams(form)}`)
}

/**
 * The same, with an address that stands for the form.
 * @throws OAuthError invalid_request with the status 413 when the address is too long
 */
export function goOnAt(visit: Visit, address: string): Send {
  if (address.length > longestAddress) throw new OAuthError('invalid_request', { status: 413 })
  return redirectTo(visit, address, 303)
}

export function keepSession({ names, reply, browser }: Visit, { poolId, value, maxAgeSeconds }: PoolCookie): void {
  reply.header('set-cookie', writeCookie(names, sessionCookieName(names, browser.host, poolId), value, maxAgeSeconds))
}

export const redirectTo =
  ({ reply }: Pick<Visit, 'reply'>, location: string, status: 302 | 303 = 302): Send =>
  () =>
    reply.redirect(location, status)

/** Sends the browser back to the app. */
export function redirectToApp(visit: Visit, { location, form, session }: Omit<RedirectToApp, 'kind'>): Send {
  const shell = plainShellOf(visit)
  const send =
    form === undefined
      ? redirectTo(visit, location)
      : sendPage(visit, shell, formPostPage(shell, location, form), { redirectUri: location })
  return () => {
    if (session !== undefined) keepSession(visit, session)
    return send()
  }
}

/** The query for a page after a sign-in or a choice: `prompt` has been answered. */
export function queryWithoutPrompt(query: string): string {
  const parameters = new URLSearchParams(query)
  parameters.delete('prompt')
  // The prompt of a pushed request is not in the address.
  if (parameters.has('request_uri')) parameters.set('account_chosen', '1')
  return parameters.toString()
}

/** Sends a page. `redirectUri` is where its form may lead in the end; `isForm` says that its form stays on this host. */
export function sendPage(
  { reply }: Pick<Visit, 'reply'>,
  shell: Shell,
  page: Page,
  {
    status = 200,
    redirectUri,
    isForm = false,
  }: { readonly status?: number; readonly redirectUri?: string | undefined; readonly isForm?: boolean } = {},
): Send {
  const formTargets = redirectUri === undefined ? (isForm ? ["'self'"] : []) : formTargetsFor(redirectUri)
  const frameOrigins = [...new Set(page.frames?.map((address) => new URL(address).origin))]
  const headers = pageHeaders({
    formTargets,
    hasScript: page.script !== undefined || shell.browserData !== undefined || shell.work !== undefined,
    frameOrigins,
  })
  const text = renderPage(shell, page).toString()
  return () => reply.code(status).headers(headers).send(text)
}
