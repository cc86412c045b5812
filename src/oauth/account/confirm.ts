import { ApiError } from '../../contract/api-error.ts'
import { usesLink } from '../../messaging/templates.ts'
import type { Pool } from '../../pools/pool.ts'
import { chooseOnPage } from '../../signin/hosted/hosted-sign-in.ts'
import { confirmSignUp } from '../../users/sign-up/confirm-sign-up.operation.ts'
import { resendConfirmationCode } from '../../users/sign-up/resend-confirmation-code.operation.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import type { RedirectToApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { visitorOf } from '../devices/browser-device.ts'
import { type Continue, type SignedIn, toNextPage } from '../login/login.ts'
import type { ConfirmStep, PageStep } from '../login/page-step.ts'
import { type ExpiredStep, openStep, type StepForm, takeStepForm } from '../login/step-page.ts'
import { codeIn } from '../login/typed-values.ts'
import type { Parameters } from '../parameters.ts'
import { type AccountDeps, done, sentTo, thenSignIn } from './account-step.ts'
import { callOperation } from './call-operation.ts'

/** What the confirmation page shows, and what was wrong with the last form. */
export type ConfirmForm = StepForm<'confirm'>

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
    const sent = await callOperation(resendConfirmationCode, deps, { ...request, browser }, { Username: step.username })
    // The step keeps its id, so that the page in another tab stays valid.
    return { kind: 'continue', request, step: { ...step, ...sentTo(sent.CodeDeliveryDetails), isResent: true } }
  })
}

type Work = (request: AuthorizationRequest, step: PageStep & ConfirmStep) => Promise<Continue | SignedIn>

function takingForm(
  deps: AccountDeps,
  browser: BrowserRequest,
  form: Parameters,
  work: Work,
): Promise<ConfirmForm | ExpiredStep | Continue | SignedIn | RedirectToApp> {
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
    const result = await chooseOnPage(deps, request, { username, session: confirmed.Session, from: visitorOf(deps, browser, request.pool) })
    return toNextPage(deps, browser, request, { username, isRemembered: false, result })
  })
}
