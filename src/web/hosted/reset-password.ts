import {
  asksForCodeOnly,
  type ForgotForm,
  openForgotPassword,
  openResetPassword,
  type ResetForm,
  submitForgotPassword,
  submitResetPassword,
} from '../../oauth/account/reset-password.ts'
import { forgotPasswordPage, resetCodePage, resetPasswordPage } from '../pages/account-pages.ts'
import { rulesOf } from './challenge-page.ts'
import { identifierKindOf } from './identifier-kind.ts'
import { goOn, openExpired, sendLogin } from './login.ts'
import { takeOwnForm } from './own-form.ts'
import { sendForm } from './send-form.ts'
import { type FormHandler, type Handler, redirectToApp, type Send, type Visit } from './visit.ts'

export const visitForgotPassword: Handler = async (visit) => sendOutcome(visit, await openForgotPassword(visit.deps, visit.browser))

export const postForgotPassword: FormHandler = async (visit, form) => {
  const outcome = await takeOwnForm(visit, form, {
    operation: 'ForgotPassword',
    take: (form) => submitForgotPassword(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  return sendOutcome(visit, outcome)
}

export const visitResetPassword: Handler = async (visit) => {
  return sendOutcome(visit, await openResetPassword(visit.deps, visit.browser))
}

export const postResetPassword: FormHandler = async (visit, form) => {
  const outcome = await takeOwnForm(visit, form, {
    operation: 'ConfirmForgotPassword',
    take: (form) => submitResetPassword(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  return sendOutcome(visit, outcome)
}

type Outcome = Awaited<ReturnType<typeof submitForgotPassword | typeof submitResetPassword | typeof openExpired>>

async function sendOutcome(visit: Visit, outcome: Outcome): Promise<Send> {
  switch (outcome.kind) {
    case 'redirect':
      return redirectToApp(visit, outcome)
    case 'continue':
      return goOn(visit, outcome)
    case 'form':
    case 'expired':
      return sendLogin(visit, outcome)
    case 'forgot':
      return sendForgot(visit, outcome)
    case 'reset':
      return sendReset(visit, outcome)
  }
}

function sendForgot(visit: Visit, form: ForgotForm): Promise<Send> {
  const { query } = visit.browser
  const { username, request } = form
  return sendForm(visit, form, (shell, problem) =>
    forgotPasswordPage(shell, {
      action: `/forgotPassword?${query}`,
      identifier: identifierKindOf(request.pool),
      username: username === '' ? undefined : username,
      backHref: `/login?${query}`,
      problem,
    }),
  )
}

function sendReset(visit: Visit, form: ResetForm): Promise<Send> {
  const { step, request, code } = form
  return sendForm(visit, form, (shell, problem) => {
    const shared = {
      action: `/confirmForgotPassword?${visit.browser.query}`,
      destination: step.destination,
      problem,
      notice: problem === undefined && step.isResent ? shell.text('codeResent') : undefined,
    }
    if (asksForCodeOnly(request, step)) return resetCodePage(shell, shared)
    const rules = rulesOf(request.pool.passwordPolicy)
    return resetPasswordPage(shell, { ...shared, username: step.username, code, isCodeKnown: step.code !== undefined, rules })
  })
}
