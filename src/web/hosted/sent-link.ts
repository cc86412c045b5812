import { submitLinkRequest } from '../../oauth/login/send-link.ts'
import { openSentLink, type SentLinkForm, submitSentLink } from '../../oauth/login/sent-link.ts'
import { sentLinkPage } from '../pages/link-pages.ts'
import { goOn, openExpired, sendLogin } from './login.ts'
import { takeOwnForm } from './own-form.ts'
import { sendForm } from './send-form.ts'
import { type FormHandler, type Handler, redirectToApp, type Send, type Visit } from './visit.ts'

/** The button of the sign-in page that asks for a link. */
export const postLinkRequest: FormHandler = async (visit, form) => {
  const outcome = await takeOwnForm(visit, form, {
    operation: 'InitiateAuth',
    take: (form) => submitLinkRequest(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  return sendOutcome(visit, outcome)
}

export const visitSentLink: Handler = async (visit) => {
  return sendOutcome(visit, await openSentLink(visit.deps, visit.browser))
}

export const postSentLink: FormHandler = async (visit, form) => {
  const outcome = await takeOwnForm(visit, form, {
    operation: 'RespondToAuthChallenge',
    take: (form) => submitSentLink(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  return sendOutcome(visit, outcome)
}

type Outcome = Awaited<ReturnType<typeof submitLinkRequest | typeof submitSentLink | typeof openExpired>>

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
    case 'link':
      return sendSentLink(visit, outcome)
  }
}

function sendSentLink(visit: Visit, form: SentLinkForm): Promise<Send> {
  const { destination, isResent, available } = form.step
  return sendForm(visit, form, (shell, problem) =>
    sentLinkPage(shell, {
      action: `/login/link/sent?${visit.browser.query}`,
      destination,
      canChange: available.length > 1,
      problem,
      notice: problem === undefined && isResent ? shell.text('linkResent') : undefined,
    }),
  )
}
