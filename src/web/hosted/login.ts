import type { ApiError } from '../../contract/api-error.ts'
import type { RedirectToApp } from '../../oauth/authorize/authorize.ts'
import { findPendingStep } from '../../oauth/login/find-step.ts'
import {
  type Continue,
  isNameFirst,
  type LoginForm,
  openLogin,
  passkeyOfferOf,
  type SignedIn,
  submitLogin,
} from '../../oauth/login/login.ts'
import { type PageStep, sealPageStep } from '../../oauth/login/page-step.ts'
import type { ExpiredStep } from '../../oauth/login/step-page.ts'
import type { Parameters } from '../../oauth/parameters.ts'
import { offersOwnUsers } from '../../oauth/providers/find-provider.ts'
import { hostedPagesOf } from '../../pools/extensions/pool-extensions.ts'
import { offersLinks } from '../../signin/hosted/link-sign-in.ts'
import { deviceCookieName, stepCookieName, writeCookie } from '../oauth/cookies.ts'
import { signInPage } from '../pages/sign-in-pages.ts'
import { note } from '../request-notes.ts'
import { accountLinksOf } from './account-links.ts'
import { identifierKindOf } from './identifier-kind.ts'
import { takeOwnForm } from './own-form.ts'
import { problemText } from './problem-text.ts'
import { labelOf, providerViewOf } from './provider-links.ts'
import { type FormHandler, type Handler, redirectTo, redirectToApp, type Send, sendPage, shellOf, type Visit } from './visit.ts'
import { withWork } from './work-shell.ts'

export const visitLogin: Handler = async (visit) => {
  const outcome = await openLogin(visit.deps, visit.browser)
  return outcome.kind === 'redirect' ? redirectToApp(visit, outcome) : sendLogin(visit, outcome)
}

export const postLogin: FormHandler = async (visit, form) => {
  const outcome = await takeOwnForm(visit, form, {
    operation: 'InitiateAuth',
    take: (form) => submitLogin(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  if (outcome.kind === 'redirect') return redirectToApp(visit, outcome)
  if (outcome.kind === 'form') return sendLogin(visit, outcome)
  return goOn(visit, outcome)
}

/** A form without the browser's token leads to the sign-in page, which says so. */
export async function openExpired({ deps, browser }: Visit, form: Parameters, problem: ApiError): Promise<LoginForm | RedirectToApp> {
  const outcome = await openLogin(deps, browser)
  if (outcome.kind === 'redirect') return outcome
  return { ...outcome, username: form.get('username') ?? '', problem, done: undefined }
}

const pageOf: Readonly<Record<PageStep['kind'], string>> = {
  challenge: '/challenge',
  link: '/login/link/sent',
  confirm: '/confirm',
  reset: '/confirmForgotPassword',
  done: '/login',
  proof: '/login',
}

const noticeOf = { confirmed: 'confirmedTitle', reset: 'resetDoneTitle' } as const

/** Sends the browser to the page of the next step, or to the app. */
export function goOn(visit: Visit, outcome: Continue | SignedIn): Send {
  const { deps, names, request, reply, browser } = visit
  if (outcome.kind === 'continue') {
    const { pool } = outcome.request
    const sealed = sealPageStep(deps.secrets, pool.id, outcome.step)
    const lifetime = Math.ceil((outcome.step.expiresAt - deps.clock.now()) / 1000)
    reply.header('set-cookie', writeCookie(names, stepCookieName(names, browser.host, pool.id), sealed, lifetime))
    return redirectTo(visit, `${pageOf[outcome.step.kind]}?${browser.query}`)
  }
  const { poolId } = outcome.session
  if (browser.stepCookieOf(poolId) !== undefined) {
    reply.header('set-cookie', writeCookie(names, stepCookieName(names, browser.host, poolId), '', 0))
  }
  if (outcome.devices !== undefined) {
    const { value, maxAgeSeconds } = outcome.devices
    reply.header('set-cookie', writeCookie(names, deviceCookieName(names, browser.host, poolId), value, maxAgeSeconds))
  }
  note(request.raw, { userPoolId: poolId })
  return redirectToApp(visit, outcome)
}

export async function sendLogin(visit: Visit, { request, username, problem, done }: LoginForm | ExpiredStep): Promise<Send> {
  const { target, pool, client } = request
  const waiting = findPendingStep(visit.deps, visit.browser, request)
  const plain = await withWork(visit, request, await shellOf(visit, request))
  const shell = waiting === undefined ? plain : { ...plain, hiddenFields: { ...plain.hiddenFields, step: waiting.id } }
  const offer = await passkeyOfferOf(visit.deps, request)
  note(visit.request.raw, { clientId: client.id, userPoolId: pool.id, ...(problem !== undefined && { outcome: problem.code }) })
  const page = signInPage(shell, {
    action: `/login?${visit.browser.query}`,
    identifier: identifierKindOf(pool),
    username: username === '' ? undefined : username,
    asksPassword: !isNameFirst(request),
    passkey: offer && { kind: 'offer', options: offer.options, hiddenFields: { passkey_session: offer.session } },
    offersRememberMe: hostedPagesOf(request.pool).rememberMeDays !== undefined,
    ...(await providerViewOf(visit, request, waiting?.id)),
    hasForm: offersOwnUsers(client),
    ...accountLinksOf(request, visit.browser.query),
    linkAction: offersLinks(request) ? `/login/link/send?${visit.browser.query}` : undefined,
    problem: problem && problemText(shell.text, problem),
    notice: done && shell.text(noticeOf[done]),
    proofNotice: waiting && shell.text('proofNotice', { provider: labelOf(waiting.pending.providerName) }),
  })
  return sendPage(visit, shell, page, { status: problem === undefined ? 200 : 400, redirectUri: target.redirectUri })
}
