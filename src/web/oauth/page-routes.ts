import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OperationName } from '../../contract/operation.ts'
import { findChangePasswordPage } from '../../oauth/account/change-password.ts'
import { accountPath, accountSections } from '../../oauth/account-page/account-target.ts'
import { authorize } from '../../oauth/authorize/authorize.ts'
import { encodedDataIn, workProofIn } from '../../oauth/browser-request.ts'
import type { OAuthError } from '../../oauth/oauth-error.ts'
import { errorPageLocation, PageError, type PageErrorCode } from '../../oauth/page-error.ts'
import { readParameters, receiveParameters } from '../../oauth/parameters.ts'
import { postAccountPage, visitAccountPage } from '../hosted/account/account.ts'
import { postChallenge, visitChallenge } from '../hosted/challenge.ts'
import { postConfirm, postCorrection, postResendCode, visitConfirm } from '../hosted/confirm.ts'
import { headConfirmUser, postConfirmUser, visitConfirmUser } from '../hosted/confirm-user.ts'
import { postCorporateAddress } from '../hosted/corporate-address.ts'
import { postDevice, visitDevice } from '../hosted/device.ts'
import { postFeedback, visitFeedback } from '../hosted/feedback.ts'
import { postLogin, visitLogin } from '../hosted/login.ts'
import { postLogout, visitLogout } from '../hosted/logout.ts'
import { postAddPasskey, visitAddPasskey } from '../hosted/passkeys.ts'
import { postAuthorize } from '../hosted/post-authorize.ts'
import { postProviderAnswer, sendToProvider, visitProviderAnswer } from '../hosted/provider-answer.ts'
import { postProviderLogout, visitProviderLogout, visitSamlLogout } from '../hosted/provider-logout.ts'
import { postForgotPassword, postResetPassword, visitForgotPassword, visitResetPassword } from '../hosted/reset-password.ts'
import { postAccount, visitAccounts } from '../hosted/select-account.ts'
import { postLinkRequest, postSentLink, visitSentLink } from '../hosted/sent-link.ts'
import { postLink, visitLink } from '../hosted/sign-in-link.ts'
import { postSignUp, visitSignUp } from '../hosted/sign-up.ts'
import { postUndo, visitUndo } from '../hosted/undo.ts'
import {
  type BodyHandler,
  beginVisit,
  type FormHandler,
  type Handler,
  type PageDeps,
  plainShellOf,
  redirectTo,
  redirectToApp,
  refusePost,
  type Send,
  sendPage,
  type Visit,
} from '../hosted/visit.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { refusalPage, requestErrorPage } from '../pages/error-pages.ts'
import { note } from '../request-notes.ts'
import { addOAuthRoute, answering, countAs, hasForm, type OAuthRouteOptions, queryOf, withForm } from './oauth-route.ts'

type Page = {
  readonly path: string
  /** Only where a HEAD must be answered. Elsewhere it is refused. */
  readonly head?: Handler
  readonly get?: Handler
  /** The API operation whose request rate a visit counts against. */
  readonly countsAs?: OperationName
  readonly post?: FormHandler
  /** Takes forms whose parameters it checks itself. Other bodies are refused as another method would be. */
  readonly postBody?: BodyHandler
}

/** A browser with a session may get a code, which is a row in the database. */
const mayGiveCode = { countsAs: 'GetTokensFromRefreshToken' } as const

/** The endpoints that browsers visit. */
const pages: readonly Page[] = [
  { path: '/oauth2/authorize', get: visitAuthorize, ...mayGiveCode, postBody: postAuthorize },
  { path: '/oauth2/idpresponse', get: visitProviderAnswer, countsAs: 'InitiateAuth', postBody: postProviderAnswer },
  { path: '/saml2/idpresponse', get: visitProviderAnswer, countsAs: 'InitiateAuth', postBody: postProviderAnswer },
  { path: '/login', get: visitLogin, post: postLogin },
  { path: '/login/corporate', post: postCorporateAddress },
  { path: '/login/link', get: visitLink, countsAs: 'RespondToAuthChallenge', post: postLink },
  { path: '/login/link/send', post: postLinkRequest },
  { path: '/login/link/sent', get: visitSentLink, ...mayGiveCode, post: postSentLink },
  { path: '/challenge', get: visitChallenge, ...mayGiveCode, post: postChallenge },
  { path: '/signup', get: visitSignUp, post: postSignUp },
  { path: '/confirm', get: visitConfirm, ...mayGiveCode, post: postConfirm },
  { path: '/confirmUser', head: headConfirmUser, get: visitConfirmUser, countsAs: 'ConfirmSignUp', post: postConfirmUser },
  { path: '/resendcode', post: postResendCode },
  { path: '/correctcontact', post: postCorrection },
  { path: '/forgotPassword', get: visitForgotPassword, post: postForgotPassword },
  { path: '/confirmForgotPassword', get: visitResetPassword, ...mayGiveCode, post: postResetPassword },
  { path: '/.well-known/change-password', get: visitChangePassword },
  { path: '/select-account', get: visitAccounts, post: postAccount },
  { path: '/passkeys/add', get: visitAddPasskey, countsAs: 'StartWebAuthnRegistration', post: postAddPasskey },
  { path: '/device', get: visitDevice, countsAs: 'GetUser', post: postDevice },
  ...accountSections.map((section) => ({
    path: accountPath(section),
    get: visitAccountPage(section),
    countsAs: 'GetUser' as const,
    post: postAccountPage(section),
  })),
  { path: '/feedback', get: visitFeedback, countsAs: 'UpdateAuthEventFeedback', post: postFeedback },
  { path: '/undo', get: visitUndo, countsAs: 'UpdateAuthEventFeedback', post: postUndo },
  { path: '/logout', get: visitLogout, post: postLogout },
  { path: '/oauth2/logout', get: visitProviderLogout, countsAs: 'RevokeToken' },
  { path: '/saml2/logout', get: visitSamlLogout, countsAs: 'RevokeToken', postBody: postProviderLogout },
  { path: '/error', get: visitError },
]

export function oauthPageRoutes(app: FastifyInstance, deps: PageDeps, options: OAuthRouteOptions): void {
  const names = { isSecure: deps.publicUrl.startsWith('https:') }
  type Arrived = Omit<Visit, 'browser'>
  /** Everything that reads the database is in `work`, which runs admitted. */
  const handle = (work: (arrived: Arrived) => Promise<Send>) => async (request: FastifyRequest, reply: FastifyReply) => {
    const arrived = { deps, options, names, request, reply }
    return answering(
      options,
      request,
      async () => (await work(arrived))(),
      (error) => refusePage(arrived, error)(),
    )
  }
  const visitOf = async (arrived: Arrived, handler: Handler) => {
    const visit = await beginVisit(arrived)
    return redirectingToErrors(visit, () => handler(visit))
  }
  for (const { path, head, get, countsAs, post, postBody } of pages) {
    const HEAD = head && handle((arrived) => runAdmitted(options, () => visitOf(arrived, head)))
    const GET =
      get &&
      handle(async (arrived) => {
        if (countsAs !== undefined) countAs(countsAs, arrived.request, options)
        return runAdmitted(options, () => visitOf(arrived, get))
      })
    const take: BodyHandler | undefined = postBody ?? (post && ((visit, body) => takeForm(post, visit, body)))
    const POST =
      take &&
      handle(async (arrived) => {
        if (postBody !== undefined && !hasForm(arrived.request)) return refusePost(arrived)
        return withForm(options, arrived.request, (body) => visitOf(arrived, (visit) => take(visit, body)))
      })
    addOAuthRoute(app, { path, isForPages: false, allowed: { ...(HEAD && { HEAD }), ...(GET && { GET }), ...(POST && { POST }) } })
  }
}

function takeForm(post: FormHandler, visit: Visit, body: string): Promise<Send> {
  const form = readParameters(body)
  return post({ ...visit, browser: { ...visit.browser, encodedData: encodedDataIn(form), workProof: workProofIn(form) } }, form, body)
}

async function visitAuthorize(visit: Visit): Promise<Send> {
  const { deps, browser } = visit
  const outcome = await authorize(deps, browser)
  if (outcome.kind === 'redirect') return redirectToApp(visit, outcome)
  if (outcome.kind === 'provider') return sendToProvider(visit, outcome)
  return redirectTo(visit, `/${outcome.kind === 'sign-in' ? 'login' : 'select-account'}?${browser.query}`)
}

async function visitChangePassword(visit: Visit): Promise<Send> {
  const location = await findChangePasswordPage(visit.deps, visit.browser)
  return location === undefined ? () => visit.reply.code(404).send({ message: 'Not found' }) : redirectTo(visit, location)
}

async function visitError(visit: Visit): Promise<Send> {
  return sendRequestError(visit, receiveParameters(queryOf(visit.request)).parameters.get('error'))
}

function sendRequestError(visit: Visit, code: string | undefined, status = 400): Send {
  const shell = plainShellOf(visit)
  return sendPage(visit, shell, requestErrorPage(shell, code), { status })
}

/** Errors that the page itself answers; other unusable requests are redirected to the error page, as at Cognito. */
const statusesAtOnce: Partial<Record<PageErrorCode, number>> = {
  missing_client_id: 400,
  login_pages_unavailable: 403,
  page_not_offered: 404,
}

async function redirectingToErrors(visit: Visit, work: () => Promise<Send>): Promise<Send> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PageError)) throw error
    note(visit.request.raw, { outcome: error.code })
    const status = statusesAtOnce[error.code]
    return status !== undefined ? sendRequestError(visit, error.code, status) : redirectTo(visit, errorPageLocation(error))
  }
}

function refusePage(arrived: Omit<Visit, 'browser'>, { status }: OAuthError): Send {
  if (status === 503) arrived.reply.header('retry-after', '1')
  const shell = plainShellOf(arrived)
  return sendPage(arrived, shell, refusalPage(shell, { isBusy: status === 429 || status === 503 }), { status })
}
