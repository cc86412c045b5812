import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../../contract/api-error.ts'
import { type AuthorizeDeps, authorize } from '../../oauth/authorize/authorize.ts'
import type { BrowserRequest } from '../../oauth/browser-request.ts'
import { domainSessionMs } from '../../oauth/domain-session/domain-session.ts'
import { type LoginForm, openLogin, submitLogin } from '../../oauth/login/login.ts'
import { logOut } from '../../oauth/logout/logout.ts'
import type { OAuthError } from '../../oauth/oauth-error.ts'
import { errorPageLocation, PageError } from '../../oauth/page-error.ts'
import { type Parameters, readParameters, receiveParameters } from '../../oauth/parameters.ts'
import { findRequestHost, type HostDeps } from '../../oauth/request-host.ts'
import type { SignInDeps } from '../../signin/initiate.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { loginPage } from '../pages/login-page.ts'
import { errorPage, furtherStepPage, messagePage } from '../pages/message-pages.ts'
import { type Page, pageHeaders, writePage } from '../pages/page.ts'
import { note } from '../request-notes.ts'
import { type CookieNames, cookieIn, sessionCookieName, writeCookie } from './cookies.ts'
import { csrfTokenFor, isOwnForm } from './csrf.ts'
import { formTargetsFor } from './form-targets.ts'
import { addOAuthRoute, answering, contextOf, countAs, type OAuthRouteOptions, queryOf, withForm } from './oauth-route.ts'

type Deps = AuthorizeDeps & SignInDeps & HostDeps

/** One request to a page. */
type Visit = {
  readonly deps: Deps
  readonly options: OAuthRouteOptions
  readonly names: CookieNames
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly browser: BrowserRequest
}

type Handler = (visit: Visit) => Promise<FastifyReply>

/** The endpoints that browsers visit. */
export function oauthPageRoutes(app: FastifyInstance, deps: Deps, options: OAuthRouteOptions): void {
  const names = { isSecure: deps.publicUrl.startsWith('https:') }
  const handle = (handler: Handler) => async (request: FastifyRequest, reply: FastifyReply) => {
    const work = async () => handler({ deps, options, names, request, reply, browser: await browserOf(deps, names, request, options) })
    return answering(options, request, () => redirectingToErrors(reply, work), refusePage(reply))
  }
  addOAuthRoute(app, { path: '/oauth2/authorize', isForPages: false, allowed: { GET: handle(visitAuthorize) } })
  addOAuthRoute(app, { path: '/login', isForPages: false, allowed: { GET: handle(visitLogin), POST: handle(postLogin) } })
  addOAuthRoute(app, { path: '/logout', isForPages: false, allowed: { GET: handle(visitLogout) } })
  addOAuthRoute(app, {
    path: '/error',
    isForPages: false,
    allowed: {
      GET: async (request, reply) => sendPage(reply, 400, errorPage(receiveParameters(queryOf(request)).parameters.get('error'))),
    },
  })
}

const visitAuthorize: Handler = async ({ deps, options, request, reply, browser }) => {
  // A browser with a session gets a code, which is a row in the database.
  countAs('GetTokensFromRefreshToken', request, options)
  const outcome = await runAdmitted(options, () => authorize(deps, browser))
  return reply.redirect(outcome.kind === 'redirect' ? outcome.location : `/login?${queryOf(request)}`, 302)
}

const visitLogin: Handler = async (visit) => {
  const { deps, options, reply, browser } = visit
  const outcome = await runAdmitted(options, () => openLogin(deps, browser))
  return outcome.kind === 'redirect' ? reply.redirect(outcome.location, 302) : sendForm(visit, outcome)
}

const postLogin: Handler = async (visit) => {
  const { deps, options, names, request, reply, browser } = visit
  const outcome = await withForm(options, request, async (body) => {
    const form = readParameters(body)
    if (!isOwnForm(request, form.get('_csrf'), names)) return openExpired(deps, browser, form)
    countAs('InitiateAuth', request, options)
    return submitLogin(deps, browser, form)
  })
  if (outcome.kind === 'redirect') return reply.redirect(outcome.location, 302)
  if (outcome.kind === 'form') return sendForm(visit, outcome)
  if (outcome.kind === 'challenge') return sendPage(reply, 400, furtherStepPage(outcome.challenge))
  const name = sessionCookieName(names, browser.host, outcome.poolId)
  reply.header('set-cookie', writeCookie(names, name, outcome.cookie, domainSessionMs / 1000))
  return reply.redirect(outcome.location, 302)
}

/** A form without the browser's token is shown again: its page may have been open for long, or another site sent it. */
async function openExpired(deps: Deps, browser: BrowserRequest, form: Parameters) {
  const outcome = await openLogin(deps, browser)
  const problem = new ApiError('NotAuthorizedException', 'The page has expired. Please try again.')
  return outcome.kind === 'form' ? { ...outcome, username: form.get('username') ?? '', problem } : outcome
}

const visitLogout: Handler = async ({ deps, options, names, reply, browser }) => {
  const { poolId, location } = await runAdmitted(options, () => logOut(deps, browser))
  reply.header('set-cookie', writeCookie(names, sessionCookieName(names, browser.host, poolId), '', 0))
  return reply.redirect(location, 302)
}

function sendForm({ names, request, reply }: Visit, { request: { target }, username, problem }: LoginForm): FastifyReply {
  const csrfToken = csrfTokenFor(request, reply, names)
  if (problem !== undefined) note(request.raw, { outcome: problem.code })
  const page = loginPage({ query: queryOf(request), csrfToken, username, problem: problem?.message })
  return sendPage(reply, problem === undefined ? 200 : 400, page, formTargetsFor(target.redirectUri))
}

function sendPage(reply: FastifyReply, status: number, page: Page, formTargets?: readonly string[]): FastifyReply {
  return reply.code(status).headers(pageHeaders(formTargets)).send(writePage(page).toString())
}

async function browserOf(deps: Deps, names: CookieNames, request: FastifyRequest, options: OAuthRouteOptions): Promise<BrowserRequest> {
  const host = await findRequestHost(deps, request.headers.host)
  return {
    host,
    query: queryOf(request),
    context: contextOf(request, options),
    sessionCookieOf: (poolId) => cookieIn(request, sessionCookieName(names, host, poolId)),
  }
}

/** A request without a client gets its error at once; other unusable requests are redirected to the error page, as at Cognito. */
async function redirectingToErrors(reply: FastifyReply, work: () => Promise<FastifyReply>): Promise<FastifyReply> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PageError)) throw error
    note(reply.request.raw, { outcome: error.code })
    if (error.code === 'missing_client_id') return sendPage(reply, 400, errorPage(error.code))
    return reply.redirect(errorPageLocation(error), 302)
  }
}

const refusePage =
  (reply: FastifyReply) =>
  ({ status }: OAuthError): FastifyReply => {
    if (status === 503) reply.header('retry-after', '1')
    const isBusy = status === 429 || status === 503
    const text = isBusy ? 'Please try again in a moment.' : 'The request is not valid.'
    return sendPage(reply, status, messagePage(isBusy ? 'Too many requests' : 'The request is not valid', text))
  }
