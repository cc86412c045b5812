import {
  type ConfirmForm,
  confirmsByLink,
  correctableContact,
  openConfirm,
  resendCode,
  submitConfirm,
  submitCorrection,
} from '../../oauth/account/confirm.ts'
import { confirmByLinkPage, confirmPage } from '../pages/account-pages.ts'
import { goOn, openExpired, sendLogin } from './login.ts'
import { takeOwnForm } from './own-form.ts'
import { sendForm } from './send-form.ts'
import { type FormHandler, type Handler, redirectToApp, type Send, type Visit } from './visit.ts'

export const visitConfirm: Handler = async (visit) => {
  return sendOutcome(visit, await openConfirm(visit.deps, visit.browser))
}

export const postConfirm: FormHandler = async (visit, form) => {
  const outcome = await takeOwnForm(visit, form, {
    operation: 'ConfirmSignUp',
    take: (form) => submitConfirm(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  return sendOutcome(visit, outcome)
}

export const postResendCode: FormHandler = async (visit, form) => {
  const outcome = await takeOwnForm(visit, form, {
    operation: 'ResendConfirmationCode',
    take: (form) => resendCode(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  return sendOutcome(visit, outcome)
}

export const postCorrection: FormHandler = async (visit, form) => {
  const outcome = await takeOwnForm(visit, form, {
    operation: 'CorrectSignUpContact',
    take: (form) => submitCorrection(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  return sendOutcome(visit, outcome)
}

type Outcome = Awaited<ReturnType<typeof submitConfirm | typeof openExpired>>

async function sendOutcome(visit: Visit, outcome: Outcome): Promise<Send> {
  switch (outcome.kind) {
    case 'redirect':
      return redirectToApp(visit, outcome)
    case 'continue':
    case 'signed-in':
      return goOn(visit, outcome)
    case 'form':
    case 'expired':
      return sendLogin(visit, outcome)
    case 'confirm':
      return sendConfirm(visit, outcome)
  }
}

function sendConfirm(visit: Visit, form: ConfirmForm): Promise<Send> {
  const { query } = visit.browser
  const { step, request, correction } = form
  const isByLink = confirmsByLink(request.pool, step)
  const refusal = form.problem ?? correction?.problem
  return sendForm(visit, { ...form, problem: refusal }, (shell, shown) => {
    const resent = shown === undefined && step.isResent ? shell.text(isByLink ? 'linkResent' : 'codeResent') : undefined
    const attribute = correctableContact(request, step)
    const corrected = attribute && {
      action: `/correctcontact?${query}`,
      isPhone: attribute === 'phone_number',
      value: correction?.value,
      error: correction && (correction.problem.code === 'InvalidParameterException' ? shell.text('errorFormat') : shown),
    }
    const problem = correction === undefined ? shown : undefined
    const shared = { destination: step.destination, problem, notice: resent, correction: corrected }
    return isByLink
      ? confirmByLinkPage(shell, { ...shared, action: `/resendcode?${query}`, signInHref: `/login?${query}` })
      : confirmPage(shell, { ...shared, action: `/confirm?${query}`, resendAction: `/resendcode?${query}` })
  })
}
