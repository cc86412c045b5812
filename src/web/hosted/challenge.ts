import type { RedirectToApp } from '../../oauth/authorize/authorize.ts'
import { type ChallengeForm, openChallenge, submitChallenge } from '../../oauth/login/challenge.ts'
import type { ExpiredStep } from '../../oauth/login/step-page.ts'
import { note } from '../request-notes.ts'
import { challengePage } from './challenge-page.ts'
import { goOn, openExpired, sendLogin } from './login.ts'
import { takeOwnForm } from './own-form.ts'
import { type FormHandler, type Handler, redirectToApp, type Send, sendPage, shellOf, type Visit } from './visit.ts'
import { withWork } from './work-shell.ts'

export const visitChallenge: Handler = async (visit) => {
  const outcome = await openChallenge(visit.deps, visit.browser)
  return sendOutcome(visit, outcome)
}

export const postChallenge: FormHandler = async (visit, form) => {
  const outcome = await takeOwnForm(visit, form, {
    operation: 'RespondToAuthChallenge',
    take: (form) => submitChallenge(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  if (outcome.kind === 'continue' || outcome.kind === 'signed-in') return goOn(visit, outcome)
  return outcome.kind === 'form' ? sendLogin(visit, outcome) : sendOutcome(visit, outcome)
}

async function sendOutcome(visit: Visit, outcome: ChallengeForm | ExpiredStep | RedirectToApp): Promise<Send> {
  if (outcome.kind === 'redirect') return redirectToApp(visit, outcome)
  if (outcome.kind === 'expired') return sendLogin(visit, outcome)
  const { request, step, problem } = outcome
  note(visit.request.raw, {
    clientId: request.client.id,
    userPoolId: request.pool.id,
    ...(problem !== undefined && { outcome: problem.code }),
  })
  const look = await shellOf(visit, request)
  const plain = step.challenge === 'PASSWORD' ? await withWork(visit, request, look) : look
  const shell = { ...plain, hiddenFields: { ...plain.hiddenFields, step: step.id } }
  const page = challengePage(shell, outcome, visit.browser.query)
  return sendPage(visit, shell, page, { status: problem === undefined ? 200 : 400, redirectUri: request.target.redirectUri })
}
