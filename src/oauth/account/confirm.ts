import { ApiError } from '../../contract/api-error.ts'
import { readRequest } from '../../contract/read-request.ts'
import { usesLink } from '../../messaging/templates.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import { chooseOnPage } from '../../signin/hosted/hosted-sign-in.ts'
import { confirmSignUp } from '../../users/sign-up/confirm-sign-up.operation.ts'
import { correctContactOfSignUp } from '../../users/sign-up/correct-contact.ts'
import { resendConfirmationCode } from '../../users/sign-up/resend-confirmation-code.operation.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import type { RedirectToApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { visitorOf } from '../devices/browser-device.ts'
import { type Continue, type SignedIn, toNextPage } from '../login/login.ts'
import type { ConfirmStep, PageStep } from '../login/page-step.ts'
import { beginAgain, type ExpiredStep, openStep, type StepForm, takeStepForm } from '../login/step-page.ts'
import { codeIn, contactIn } from '../login/typed-values.ts'
import type { Parameters } from '../parameters.ts'
import { type AccountDeps, done, sentTo, thenSignIn, withLinksOf } from './account-step.ts'
import { callOperation } from './call-operation.ts'
import { offersCorrection } from './offered-pages.ts'

/** What the confirmation page shows, and what was wrong with the last form. */
export type ConfirmForm = StepForm<'confirm'> & {
  /** The address that was refused, and why. */
  readonly correction?: { readonly value: string; readonly problem: ApiError } | undefined
}

/**
 * The page on which a new user enters the code.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export const openConfirm = (deps: AccountDeps, browser: BrowserRequest): Promise<ConfirmForm | ExpiredStep | RedirectToApp> =>
  openStep(deps, browser, 'confirm')

/** Whether the message carries a link. Where these pages sent no message, it is taken for the one that the pool sends to all its users. */
export function confirmsByLink({ templates, autoVerifiedAttributes }: Pool, { attribute }: ConfirmStep): boolean {
  const isByEmail = attribute === undefined ? !autoVerifiedAttributes.includes('phone_number') : attribute === 'email'
  return isByEmail && usesLink(templates, 'sign-up', 'email')
}

/**
 * Takes the form with the code. A user whose code proves enough is signed in; others go to the sign-in page.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export function submitConfirm(deps: AccountDeps, browser: BrowserRequest, form: Parameters) {
  return takingForm(deps, browser, form, (request, step) => confirm(deps, browser, { request, step, code: codeIn(form) }))
}

/**
 * Sends another code.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export function resendCode(deps: AccountDeps, browser: BrowserRequest, form: Parameters) {
  return takingForm(deps, browser, form, async (request, step) => {
    const sent = await callOperation(
      resendConfirmationCode,
      withLinksOf(deps, browser),
      { ...request, browser },
      { Username: step.username },
    )
    // The step keeps its id, so that the page in another tab stays valid.
    return { kind: 'continue', request, step: { ...step, ...sentTo(sent.CodeDeliveryDetails), isResent: true } }
  })
}

/** The address that a new user may correct on the page. Undefined where pool or client do not allow it, and when these pages sent no code. */
export function correctableContact(owner: AppClientCaller, { attribute, session }: ConfirmStep): ContactAttribute | undefined {
  return attribute !== undefined && session !== undefined && offersCorrection(owner, attribute) ? attribute : undefined
}

/**
 * Takes a corrected address, and sends a code there. The step of the browser proves who the user is, for as long as the step lasts: the
 * Session of SignUp ends too early for a user who waits for a message.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export function submitCorrection(deps: AccountDeps, browser: BrowserRequest, form: Parameters) {
  return takingForm(deps, browser, form, async (request, step) => {
    const { pool, client } = request
    const attribute = correctableContact(request, step)
    if (attribute === undefined) return beginAgain(deps, browser, request, step.username)
    const value = contactIn(form, attribute)
    try {
      const input = { ClientId: client.id, Username: step.username, Session: step.session, AttributeName: attribute, Value: value }
      const call = { caller: request, from: browser.context, sessionEndsAt: step.expiresAt }
      const corrected = await correctContactOfSignUp(withLinksOf(deps, browser), call, readRequest('CorrectSignUpContact', input))
      // The step keeps its id, so that the page in another tab stays valid.
      const sent = { ...sentTo(corrected.CodeDeliveryDetails), session: corrected.Session, isResent: true }
      return { kind: 'continue', request, step: { ...step, ...sent, username: usernameAfter(pool, step, attribute, value) } }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.code === 'NotAuthorizedException') return beginAgain(deps, browser, request, step.username)
      return { kind: 'confirm', request, step, problem: undefined, correction: { value, problem: error } }
    }
  })
}

/** Where an address is the name, the corrected one is the new name. */
function usernameAfter({ usernameAttributes }: Pool, { username }: ConfirmStep, attribute: ContactAttribute, value: string): string {
  const isEmail = username.includes('@')
  return usernameAttributes.includes(attribute) && isEmail === (attribute === 'email') ? value : username
}

type Outcome = ConfirmForm | ExpiredStep | Continue | SignedIn | RedirectToApp
type Work = (request: AuthorizationRequest, step: PageStep & ConfirmStep) => Promise<Outcome>

function takingForm(deps: AccountDeps, browser: BrowserRequest, form: Parameters, work: Work): Promise<Outcome> {
  return takeStepForm(deps, browser, { kind: 'confirm', form }, async (request, step) => {
    try {
      return await work(request, step)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (isConfirmedAlready(error)) return done(deps, request, { username: step.username, done: 'confirmed' })
      return { kind: 'confirm', request, step, problem: error }
    }
  })
}

/** The form was sent twice, or the user was confirmed by the link in a message or by an administrator. */
const isConfirmedAlready = ({ message }: ApiError): boolean =>
  message === 'User cannot be confirmed. Current status is CONFIRMED' || message === 'User is already confirmed.'

type Confirmation = { readonly request: AuthorizationRequest; readonly step: ConfirmStep; readonly code: string }

async function confirm(deps: AccountDeps, browser: BrowserRequest, { request, step, code }: Confirmation): Promise<Continue | SignedIn> {
  const { username, session } = step
  const named = { Username: username, ConfirmationCode: code, ...(session !== undefined && { Session: session }) }
  const confirmed = await callOperation(confirmSignUp, deps, { ...request, browser }, named)
  if (confirmed.Session === undefined) return done(deps, request, { username, done: 'confirmed' })
  return thenSignIn(deps, request, username, async () => {
    const result = await chooseOnPage(deps, request, { username, session: confirmed.Session, from: visitorOf(deps, browser, request) })
    return toNextPage(deps, browser, request, { username, isRemembered: false, result })
  })
}
