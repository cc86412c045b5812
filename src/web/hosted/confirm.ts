import type { FastifyReply } from 'fastify'
import { type ConfirmForm, confirmsByLink, openConfirm, resendCode, submitConfirm } from '../../oauth/account/confirm.ts'
import { countAs } from '../oauth/oauth-route.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { confirmByLinkPage, confirmPage } from '../pages/account-pages.ts'
import { goOn, openExpired, sendLogin } from './login.ts'
import { takeOwnForm } from './own-form.ts'
import { sendForm } from './send-form.ts'
import { type Handler, redirectToApp, type Visit } from './visit.ts'

export const visitConfirm: Handler = async (visit) => {
  // A browser with a session may get a code, which is a row in the database.
  countAs('GetTokensFromRefreshToken', visit.request, visit.options)
  return sendOutcome(visit, await runAdmitted(visit.options, () => openConfirm(visit.deps, visit.browser)))
}

export const postConfirm: Handler = async (visit) => {
  const outcome = await takeOwnForm(visit, {
    operation: 'ConfirmSignUp',
    take: (form) => submitConfirm(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  return sendOutcome(visit, outcome)
}

export const postResendCode: Handler = async (visit) => {
  const outcome = await takeOwnForm(visit, {
    operation: 'ResendConfirmationCode',
    take: (form) => resendCode(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  return sendOutcome(visit, outcome)
}

type Outcome = Awaited<ReturnType<typeof submitConfirm | typeof openExpired>>

async function sendOutcome(visit: Visit, outcome: Outcome): Promise<FastifyReply> {
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

function sendConfirm(visit: Visit, form: ConfirmForm): Promise<FastifyReply> {
  const { query } = visit.browser
  const { step, request } = form
  const isByLink = confirmsByLink(request.pool, step)
  return sendForm(visit, form, (shell, problem) => {
    const resent = problem === undefined && step.isResent ? shell.text(isByLink ? 'linkResent' : 'codeResent') : undefined
    const shared = { destination: step.destination, problem, notice: resent }
    return isByLink
      ? confirmByLinkPage(shell, { ...shared, action: `/resendcode?${query}`, signInHref: `/login?${query}` })
      : confirmPage(shell, { ...shared, action: `/confirm?${query}`, resendAction: `/resendcode?${query}` })
  })
}
