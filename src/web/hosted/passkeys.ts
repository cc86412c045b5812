import { dayMs } from '../../base/durations.ts'
import { type AddPasskeyForm, openAddPasskey, submitAddPasskey } from '../../oauth/passkeys/add-passkey.ts'
import { thenPasskeys } from '../../oauth/passkeys/then-passkeys.ts'
import { noPasskeyCookieName, writeCookie } from '../oauth/cookies.ts'
import { passkeySetupPage } from '../pages/second-factor-pages.ts'
import { note } from '../request-notes.ts'
import { takeOwnForm } from './own-form.ts'
import { problemText } from './problem-text.ts'
import {
  type FormHandler,
  type Handler,
  queryWithoutPrompt,
  redirectTo,
  redirectToApp,
  type Send,
  sendPage,
  shellOf,
  type Visit,
} from './visit.ts'

export const visitAddPasskey: Handler = async (visit) => {
  const { deps, browser } = visit
  return sendOutcome(visit, await openAddPasskey(deps, browser))
}

/** The pages do not offer a passkey again in this time. */
const declinedSeconds = (90 * dayMs) / 1000

export const postAddPasskey: FormHandler = async (visit, form) => {
  const { deps, names, reply, browser } = visit
  const outcome = await takeOwnForm(visit, form, {
    operation: 'CompleteWebAuthnRegistration',
    take: (own) => submitAddPasskey(deps, browser, own),
    refuse: () => openAddPasskey(deps, browser),
  })
  if (outcome.kind === 'done' && outcome.declinedIn !== undefined) {
    const name = noPasskeyCookieName(names, browser.host, outcome.declinedIn)
    reply.header('set-cookie', writeCookie(names, name, '1', declinedSeconds))
  }
  return sendOutcome(visit, outcome)
}

async function sendOutcome(visit: Visit, outcome: Awaited<ReturnType<typeof submitAddPasskey>>): Promise<Send> {
  const { browser } = visit
  switch (outcome.kind) {
    case 'redirect':
      return redirectToApp(visit, outcome)
    case 'sign-in':
      return redirectTo(visit, `/login?${queryWith(browser.query, thenPasskeys)}`)
    case 'done':
      return redirectTo(visit, `/oauth2/authorize?${queryWith(browser.query, undefined)}`)
    case 'form':
      return sendForm(visit, outcome)
  }
}

function queryWith(query: string, then: string | undefined): string {
  const parameters = new URLSearchParams(queryWithoutPrompt(query))
  parameters.delete('then')
  if (then !== undefined) parameters.set('then', then)
  return parameters.toString()
}

async function sendForm(visit: Visit, { request, options, problem }: AddPasskeyForm): Promise<Send> {
  const { client, pool, target } = request
  note(visit.request.raw, { clientId: client.id, userPoolId: pool.id, ...(problem !== undefined && { outcome: problem.code }) })
  const shell = await shellOf(visit, request)
  const page = passkeySetupPage(shell, {
    action: `/passkeys/add?${visit.browser.query}`,
    options: options && JSON.stringify(options),
    problem: problem && problemText(shell.text, problem),
  })
  return sendPage(visit, shell, page, { status: problem === undefined ? 200 : 400, redirectUri: target.redirectUri })
}
