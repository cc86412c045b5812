import { ApiError } from '../../contract/api-error.ts'
import { readRequest } from '../../contract/read-request.ts'
import { hostedPagesOf } from '../../pools/extensions/pool-extensions.ts'
import { confirmForgotPassword } from '../../users/recovery/confirm-forgot-password.operation.ts'
import { forgotPassword } from '../../users/recovery/forgot-password.operation.ts'
import { proveResetCode } from '../../users/recovery/prove-reset-code.ts'
import { isSelfServiceOff } from '../../users/self-service/self-service.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { findPendingStep, findStep } from '../login/find-step.ts'
import type { Continue } from '../login/login.ts'
import { newPageStep, type PageStep, type ResetStep } from '../login/page-step.ts'
import { type ExpiredStep, openStep, type StepForm, takeStepForm } from '../login/step-page.ts'
import { codeIn, nameIn, newPasswordIn } from '../login/typed-values.ts'
import { PageError } from '../page-error.ts'
import type { Parameters } from '../parameters.ts'
import { type AccountDeps, done } from './account-step.ts'
import { callOperation } from './call-operation.ts'
import { offersReset } from './offered-pages.ts'

/** What the page shows that asks for the name, and what was wrong with the last form. */
export type ForgotForm = {
  readonly kind: 'forgot'
  readonly request: AuthorizationRequest
  readonly username: string
  readonly problem: ApiError | undefined
}

/** What the page shows that asks for the code and the new password. `code` is what was typed, if the form was refused for another reason. */
export type ResetForm = StepForm<'reset'> & { readonly code?: string | undefined }

/**
 * The page on which a user asks for a code to set a new password with. It knows the name that the user typed on the page before.
 *
 * @throws PageError when client or redirect URI cannot be used, and when users cannot reset their passwords.
 */
export function openForgotPassword(deps: AccountDeps, browser: BrowserRequest): Promise<ForgotForm | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    requireForgotPage(request)
    const username = findStep(deps, browser, request, 'challenge')?.username ?? request.received.parameters.get('login_hint') ?? ''
    return { kind: 'forgot', request, username, problem: undefined }
  })
}

/**
 * Sends the code.
 *
 * @throws PageError as `openForgotPassword` does.
 */
export function submitForgotPassword(
  deps: AccountDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<ForgotForm | Continue | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    requireForgotPage(request)
    const username = nameIn(request.pool, form)
    try {
      const destination = await sendCode(deps, browser, request, username)
      const pending = findPendingStep(deps, browser, request)?.pending
      const step = newPageStep(request.client.id, { kind: 'reset', username, pending, destination }, deps.clock.now())
      return { kind: 'continue', request, step }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { kind: 'forgot', request, username, problem: error }
    }
  })
}

/** The masked address that the code went to, or would have gone to. */
async function sendCode(deps: AccountDeps, browser: BrowserRequest, request: AuthorizationRequest, username: string) {
  const sent = await callOperation(forgotPassword, deps, { ...request, browser }, { Username: username })
  return sent.CodeDeliveryDetails?.Destination
}

function requireForgotPage(request: AuthorizationRequest): void {
  if (!offersReset(request)) throw new PageError('page_not_offered', request.client.id)
}

/**
 * The page on which a user enters the code and a new password.
 *
 * @throws PageError when client or redirect URI cannot be used, and when users cannot reset their passwords with a code.
 */
export async function openResetPassword(deps: AccountDeps, browser: BrowserRequest): Promise<ResetForm | ExpiredStep | RedirectToApp> {
  const outcome = await openStep(deps, browser, 'reset')
  if (outcome.kind === 'reset') requireResetAllowed(outcome.request)
  return outcome
}

/** A code that an administrator has sent works where users get none themselves, but not where users cannot use codes. */
function requireResetAllowed(request: AuthorizationRequest): void {
  if (isSelfServiceOff(request, 'ForgotPassword')) throw new PageError('page_not_offered', request.client.id)
}

/**
 * Takes the code and the new password, or sends another code.
 *
 * @throws PageError as `openResetPassword` does.
 */
export function submitResetPassword(
  deps: AccountDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<ResetForm | ExpiredStep | Continue | RedirectToApp> {
  return takeStepForm(deps, browser, { kind: 'reset', form }, async (request, step) => {
    requireResetAllowed(request)
    try {
      if (form.get('action') === 'resend') return await resend(deps, browser, request, step)
      // The page for the code may be sent a second time, from another tab.
      const isCodeForm = asksForCodeOnly(request, step) || (step.code !== undefined && form.has('code'))
      return isCodeForm ? await checkCode(deps, request, step, form) : await reset(deps, browser, request, step, form)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const isAboutCode = error.code === 'CodeMismatchException' || error.code === 'ExpiredCodeException'
      const known = isAboutCode ? { ...step, code: undefined } : step
      return { kind: 'reset', request, step: known, problem: error, code: isAboutCode ? undefined : form.get('code') }
    }
  })
}

/** Whether the page asks for the code first, and for the new password on another page. */
export const asksForCodeOnly = ({ pool }: AuthorizationRequest, { code }: ResetStep): boolean =>
  hostedPagesOf(pool).checkResetCodeFirst === true && code === undefined

/** Checks the code, and keeps it for the next page. Nothing is used up; the attempt counts. */
async function checkCode(
  deps: AccountDeps,
  request: AuthorizationRequest,
  step: PageStep & ResetStep,
  form: Parameters,
): Promise<Continue> {
  const code = codeIn(form)
  // A password is not known yet. The other members have the same form in ConfirmSignUp.
  const given = readRequest('ConfirmSignUp', { ClientId: request.client.id, Username: step.username, ConfirmationCode: code })
  await proveResetCode(deps, request, { username: given.Username, code: given.ConfirmationCode })
  return { kind: 'continue', request, step: { ...step, code, isResent: false } }
}

async function resend(
  deps: AccountDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  step: PageStep & ResetStep,
): Promise<Continue> {
  const destination = await sendCode(deps, browser, request, step.username)
  // The step keeps its id, so that the page in another tab stays valid.
  return { kind: 'continue', request, step: { ...step, destination, code: undefined, isResent: true } }
}

async function reset(
  deps: AccountDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  { username, pending, code: checked }: ResetStep,
  form: Parameters,
): Promise<Continue> {
  const given = { Username: username, ConfirmationCode: checked ?? codeIn(form), Password: newPasswordIn(form) }
  await callOperation(confirmForgotPassword, deps, { ...request, browser }, given)
  return done(deps, request, { username, pending, done: 'reset' })
}
