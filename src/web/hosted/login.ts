import type { FastifyReply } from 'fastify'
import { ApiError } from '../../contract/api-error.ts'
import type { ExpiredStep } from '../../oauth/login/challenge.ts'
import {
  type Continue,
  isNameFirst,
  type LoginForm,
  openLogin,
  passkeyOfferOf,
  type SignedIn,
  submitLogin,
} from '../../oauth/login/login.ts'
import { sealPageStep } from '../../oauth/login/page-step.ts'
import { type Parameters, readParameters } from '../../oauth/parameters.ts'
import { hostedPagesOf } from '../../pools/extensions/pool-extensions.ts'
import { cookieIn, csrfCookieName, stepCookieName, writeCookie } from '../oauth/cookies.ts'
import { isOwnForm } from '../oauth/csrf.ts'
import { countAs, withForm } from '../oauth/oauth-route.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { signInPage } from '../pages/sign-in-pages.ts'
import { note } from '../request-notes.ts'
import { identifierKindOf } from './identifier-kind.ts'
import { problemText } from './problem-text.ts'
import { type Handler, redirectToApp, sendPage, shellOf, type Visit } from './visit.ts'

export const visitLogin: Handler = async (visit) => {
  const outcome = await runAdmitted(visit.options, () => openLogin(visit.deps, visit.browser))
  return outcome.kind === 'redirect' ? redirectToApp(visit, outcome) : sendLogin(visit, outcome)
}

export const postLogin: Handler = async (visit) => {
  const { deps, options, names, request, browser } = visit
  const outcome = await withForm(options, request, async (body) => {
    const form = readParameters(body)
    if (!isOwnForm(request, form.get('_csrf'), names)) return openExpired(visit, form)
    countAs('InitiateAuth', request, options)
    return submitLogin(deps, browser, form)
  })
  if (outcome.kind === 'redirect') return redirectToApp(visit, outcome)
  if (outcome.kind === 'form') return sendLogin(visit, outcome)
  return goOn(visit, outcome)
}

/**
 * A form without the browser's token is shown again: its page may have been open for long, another site sent it, or the browser keeps no
 * cookies.
 */
export async function openExpired({ deps, names, request, browser }: Visit, form: Parameters) {
  const outcome = await openLogin(deps, browser)
  const hasCookie = cookieIn(request, csrfCookieName(names)) !== undefined
  const message = hasCookie ? 'This page has expired. Please try again.' : 'The browser sent no cookie.'
  const problem = new ApiError('NotAuthorizedException', message)
  return outcome.kind === 'form' ? { ...outcome, username: form.get('username') ?? '', problem } : outcome
}

/** Sends the browser to the page of the next step, or to the app. */
export function goOn(visit: Visit, outcome: Continue | SignedIn): FastifyReply {
  const { deps, names, request, reply, browser } = visit
  if (outcome.kind === 'continue') {
    const { pool } = outcome.request
    const sealed = sealPageStep(deps.secrets, pool.id, outcome.step)
    const lifetime = Math.ceil((outcome.step.expiresAt - deps.clock.now()) / 1000)
    reply.header('set-cookie', writeCookie(names, stepCookieName(names, browser.host, pool.id), sealed, lifetime))
    return reply.redirect(`/challenge?${browser.query}`, 302)
  }
  const { poolId } = outcome.session
  if (browser.stepCookieOf(poolId) !== undefined) {
    reply.header('set-cookie', writeCookie(names, stepCookieName(names, browser.host, poolId), '', 0))
  }
  note(request.raw, { userPoolId: poolId })
  return redirectToApp(visit, outcome)
}

export async function sendLogin(visit: Visit, { request, username, problem }: LoginForm | ExpiredStep): Promise<FastifyReply> {
  const { target, pool, client } = request
  const shell = await shellOf(visit, request)
  const offer = await passkeyOfferOf(visit.deps, request)
  note(visit.request.raw, { clientId: client.id, userPoolId: pool.id, ...(problem !== undefined && { outcome: problem.code }) })
  const page = signInPage(shell, {
    action: `/login?${visit.browser.query}`,
    identifier: identifierKindOf(pool),
    username: username === '' ? undefined : username,
    asksPassword: !isNameFirst(request),
    passkey: offer && { kind: 'offer', options: offer.options, hiddenFields: { passkey_session: offer.session } },
    offersRememberMe: hostedPagesOf(request.pool).rememberMeDays !== undefined,
    providers: [],
    signUpHref: undefined,
    forgotHref: undefined,
    problem: problem && problemText(shell.text, problem),
    notice: undefined,
  })
  return sendPage(visit, shell, page, { status: problem === undefined ? 200 : 400, redirectUri: target.redirectUri })
}
