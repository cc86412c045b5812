import type { IncomingHttpHeaders } from 'node:http'
import { type DeadLink, type LinkForm, type LinkOutcome, openLink, reopenLink, submitLink } from '../../oauth/login/sign-in-link.ts'
import { receiveParameters } from '../../oauth/parameters.ts'
import { messagePage } from '../pages/account-pages.ts'
import { confirmLinkPage } from '../pages/link-pages.ts'
import { note } from '../request-notes.ts'
import { goOn } from './login.ts'
import { takeOwnForm } from './own-form.ts'
import { problemText } from './problem-text.ts'
import { timeText } from './time-text.ts'
import { type FormHandler, type Handler, plainShellOf, redirectToApp, type Send, sendPage, shellOf, type Visit } from './visit.ts'

export const visitLink: Handler = async (visit) => {
  const { parameters } = receiveParameters(visit.browser.query)
  const isPreview = !isVisit(visit.request.headers)
  return sendOutcome(visit, await openLink(visit.deps, visit.browser, parameters, { isPreview }))
}

export const postLink: FormHandler = async (visit, form) => {
  const outcome = await takeOwnForm(visit, form, {
    operation: 'RespondToAuthChallenge',
    take: (form) => submitLink(visit.deps, visit.browser, form),
    refuse: (form, problem) => reopenLink(visit.deps, visit.browser, form, problem),
  })
  return sendOutcome(visit, outcome)
}

/** Whether the user goes to the page. A browser may also load it ahead, or as a part of another page (Fetch Metadata). */
function isVisit(headers: IncomingHttpHeaders): boolean {
  const isAhead = [headers['sec-purpose'], headers['purpose'], headers['x-moz']].some((purpose) =>
    /prefetch|preview/i.test(String(purpose)),
  )
  return !isAhead && (headers['sec-fetch-dest'] ?? 'document') === 'document'
}

async function sendOutcome(visit: Visit, { browser, outcome }: LinkOutcome): Promise<Send> {
  switch (outcome.kind) {
    case 'redirect':
      return redirectToApp(visit, outcome)
    case 'continue':
    case 'signed-in':
      return goOn({ ...visit, browser }, outcome)
    case 'dead-link':
      return sendDeadLink(visit, outcome)
    case 'link-form':
      return sendLinkForm(visit, outcome)
  }
}

/** All dead links have the same text. One that is still known leads on to the sign-in page, or to the app if the user is signed in. */
function sendDeadLink(visit: Visit, { query }: DeadLink): Send {
  const shell = plainShellOf(visit)
  const page = messagePage(shell, {
    title: shell.text('linkInvalidTitle'),
    message: shell.text('signInLinkInvalidText'),
    kind: 'problem',
    next: query === undefined ? undefined : { href: `/oauth2/authorize?${query}`, label: shell.text('signInTitle') },
  })
  return sendPage(visit, shell, page, { status: 400 })
}

async function sendLinkForm(visit: Visit, { request, link, token, problem }: LinkForm): Promise<Send> {
  const { client, pool, target } = request
  note(visit.request.raw, { clientId: client.id, userPoolId: pool.id, ...(problem !== undefined && { outcome: problem.code }) })
  const plain = await shellOf(visit, request)
  const shell = { ...plain, hiddenFields: { ...plain.hiddenFields, client_id: client.id, token } }
  const { username, origin } = link.details
  const page = confirmLinkPage(shell, {
    action: '/login/link',
    username,
    details: [
      ['signInLinkApp', client.name],
      ['signInLinkAskedAt', timeText(shell, origin.askedAt)],
      ['signInLinkBrowser', origin.deviceType === 'unknown' ? undefined : origin.deviceType],
      ['signInLinkAddress', origin.ip],
    ],
    problem: problem && problemText(shell.text, problem),
  })
  return sendPage(visit, shell, page, { status: problem === undefined ? 200 : 400, redirectUri: target.redirectUri })
}
