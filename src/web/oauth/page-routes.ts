import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { findChangePasswordPage } from '../../oauth/account/change-password.ts'
import { authorize } from '../../oauth/authorize/authorize.ts'
import type { OAuthError } from '../../oauth/oauth-error.ts'
import { errorPageLocation, PageError, type PageErrorCode } from '../../oauth/page-error.ts'
import { receiveParameters } from '../../oauth/parameters.ts'
import { postChallenge, visitChallenge } from '../hosted/challenge.ts'
import { postConfirm, postResendCode, visitConfirm } from '../hosted/confirm.ts'
import { postDevice, visitDevice } from '../hosted/device.ts'
import { postLogin, visitLogin } from '../hosted/login.ts'
import { postLogout, visitLogout } from '../hosted/logout.ts'
import { postAddPasskey, visitAddPasskey } from '../hosted/passkeys.ts'
import { postAuthorize } from '../hosted/post-authorize.ts'
import { postProviderAnswer, sendToProvider, visitProviderAnswer } from '../hosted/provider-answer.ts'
import { postForgotPassword, postResetPassword, visitForgotPassword, visitResetPassword } from '../hosted/reset-password.ts'
import { postAccount, visitAccounts } from '../hosted/select-account.ts'
import { postLinkRequest, postSentLink, visitSentLink } from '../hosted/sent-link.ts'
import { postLink, visitLink } from '../hosted/sign-in-link.ts'
import { postSignUp, visitSignUp } from '../hosted/sign-up.ts'
import { beginVisit, type Handler, type PageDeps, plainShellOf, redirectToApp, sendPage, type Visit } from '../hosted/visit.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { refusalPage, requestErrorPage } from '../pages/error-pages.ts'
import { note } from '../request-notes.ts'
import { addOAuthRoute, answering, countAs, type OAuthRouteOptions, queryOf } from './oauth-route.ts'

type Page = { readonly path: string; readonly get?: Handler; readonly post?: Handler }

/** The endpoints that browsers visit. */
const pages: readonly Page[] = [
  { path: '/oauth2/authorize', get: visitAuthorize, post: postAuthorize },
  { path: '/oauth2/idpresponse', get: visitProviderAnswer, post: postProviderAnswer },
  { path: '/saml2/idpresponse', get: visitProviderAnswer, post: postProviderAnswer },
  { path: '/login', get: visitLogin, post: postLogin },
  { path: '/login/link', get: visitLink, post: postLink },
  { path: '/login/link/send', post: postLinkRequest },
  { path: '/login/link/sent', get: visitSentLink, post: postSentLink },
  { path: '/challenge', get: visitChallenge, post: postChallenge },
  { path: '/signup', get: visitSignUp, post: postSignUp },
  { path: '/confirm', get: visitConfirm, post: postConfirm },
  { path: '/resendcode', post: postResendCode },
  { path: '/forgotPassword', get: visitForgotPassword, post: postForgotPassword },
  { path: '/confirmForgotPassword', get: visitResetPassword, post: postResetPassword },
  { path: '/.well-known/change-password', get: visitChangePassword },
  { path: '/select-account', get: visitAccounts, post: postAccount },
  { path: '/passkeys/add', get: visitAddPasskey, post: postAddPasskey },
  { path: '/device', get: visitDevice, post: postDevice },
  { path: '/logout', get: visitLogout, post: postLogout },
  { path: '/error', get: visitError },
]

export function oauthPageRoutes(app: FastifyInstance, deps: PageDeps, options: OAuthRouteOptions): void {
  const names = { isSecure: deps.publicUrl.startsWith('https:') }
  const handle = (handler: Handler) => async (request: FastifyRequest, reply: FastifyReply) => {
    const arrived = { deps, options, names, request, reply }
    const work = async () => {
      const visit = await beginVisit(arrived)
      return redirectingToErrors(visit, () => handler(visit))
    }
    return answering(options, request, work, (error) => refusePage(arrived, error))
  }
  for (const { path, get, post } of pages) {
    addOAuthRoute(app, { path, isForPages: false, allowed: { ...(get && { GET: handle(get) }), ...(post && { POST: handle(post) }) } })
  }
}

async function visitAuthorize(visit: Visit): Promise<FastifyReply> {
  const { deps, options, request, reply, browser } = visit
  // A browser with a session gets a code, which is a row in the database.
  countAs('GetTokensFromRefreshToken', request, options)
  const outcome = await runAdmitted(options, () => authorize(deps, browser))
  if (outcome.kind === 'redirect') return redirectToApp(visit, outcome)
  if (outcome.kind === 'provider') return sendToProvider(visit, outcome)
  return reply.redirect(`/${outcome.kind === 'sign-in' ? 'login' : 'select-account'}?${queryOf(request)}`, 302)
}

async function visitChangePassword({ deps, options, reply, browser }: Visit): Promise<FastifyReply> {
  const location = await runAdmitted(options, () => findChangePasswordPage(deps, browser))
  return location === undefined ? reply.code(404).send({ message: 'Not found' }) : reply.redirect(location, 302)
}

async function visitError(visit: Visit): Promise<FastifyReply> {
  return sendRequestError(visit, receiveParameters(queryOf(visit.request)).parameters.get('error'))
}

function sendRequestError(visit: Visit, code: string | undefined, status = 400): FastifyReply {
  const shell = plainShellOf(visit)
  return sendPage(visit, shell, requestErrorPage(shell, code), { status })
}

/** Errors that the page itself answers; other unusable requests are redirected to the error page, as at Cognito. */
const statusesAtOnce: Partial<Record<PageErrorCode, number>> = {
  missing_client_id: 400,
  login_pages_unavailable: 403,
  page_not_offered: 404,
}

async function redirectingToErrors(visit: Visit, work: () => Promise<FastifyReply>): Promise<FastifyReply> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PageError)) throw error
    note(visit.request.raw, { outcome: error.code })
    const status = statusesAtOnce[error.code]
    return status !== undefined ? sendRequestError(visit, error.code, status) : visit.reply.redirect(errorPageLocation(error), 302)
  }
}

function refusePage(arrived: Omit<Visit, 'browser'>, { status }: OAuthError): FastifyReply {
  if (status === 503) arrived.reply.header('retry-after', '1')
  const shell = plainShellOf(arrived)
  return sendPage(arrived, shell, refusalPage(shell, { isBusy: status === 429 || status === 503 }), { status })
}
