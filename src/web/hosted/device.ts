import {
  type Decided,
  type DecisionForm,
  openDevicePage,
  type SignInFailed,
  submitDecision,
  submitUserCode,
  type UserCodeForm,
} from '../../oauth/device-grant/device-page.ts'
import { deviceParameter } from '../../oauth/device-grant/device-target.ts'
import { receiveParameters } from '../../oauth/parameters.ts'
import { messagePage } from '../pages/account-pages.ts'
import { deviceDecisionPage, userCodePage } from '../pages/device-pages.ts'
import { note } from '../request-notes.ts'
import { takeOwnForm } from './own-form.ts'
import { problemText } from './problem-text.ts'
import { namesOf } from './select-account.ts'
import { type FormHandler, formShellOf, type Handler, keepSession, redirectTo, type Send, sendPage, shellOf, type Visit } from './visit.ts'

type Outcome = Awaited<ReturnType<typeof openDevicePage | typeof submitUserCode | typeof submitDecision>>

export const visitDevice: Handler = async (visit) => {
  return sendOutcome(visit, await openDevicePage(visit.deps, visit.browser))
}

/** The form with the user code, or that with the decision about the device in the address. */
export const postDevice: FormHandler = async (visit, sent) => {
  const { deps, browser } = visit
  const isDecision = receiveParameters(browser.query).parameters.has(deviceParameter)
  const outcome = await takeOwnForm<Outcome, Outcome>(visit, sent, {
    operation: 'RespondToAuthChallenge',
    take: (form) => (isDecision ? submitDecision(deps, browser, form) : submitUserCode(deps, browser, form)),
    async refuse(_form, problem) {
      const opened = await openDevicePage(deps, browser)
      return opened.kind === 'code' ? { ...opened, problem: opened.problem ?? problem } : opened
    },
  })
  return sendOutcome(visit, outcome)
}

async function sendOutcome(visit: Visit, outcome: Outcome): Promise<Send> {
  switch (outcome.kind) {
    case 'found':
      return redirectTo(visit, outcome.location)
    case 'sign-in':
      return redirectTo(visit, `/login?${visit.browser.query}`)
    case 'code':
      return sendUserCode(visit, outcome)
    case 'decision':
      return sendDecision(visit, outcome)
    case 'failed':
      return sendFailed(visit, outcome)
    case 'approved':
    case 'denied':
      return sendDecided(visit, outcome)
  }
}

async function sendUserCode(visit: Visit, { pool, client, userCode, problem }: UserCodeForm): Promise<Send> {
  note(visit.request.raw, { clientId: client?.client.id, userPoolId: pool.id, ...(problem !== undefined && { outcome: problem.code }) })
  const shell = client === undefined ? formShellOf(visit) : await shellOf(visit, client)
  const action = client === undefined ? '/device' : `/device?${new URLSearchParams({ client_id: client.client.id })}`
  const page = userCodePage(shell, {
    action,
    userCode,
    isBrought: userCode !== '' && problem === undefined,
    problem: problem && problemText(shell.text, problem),
  })
  return sendPage(visit, shell, page, { status: problem === undefined ? 200 : 400, isForm: true })
}

async function sendDecision(visit: Visit, outcome: DecisionForm): Promise<Send> {
  const { client, account, userCode, scopes, descriptions, resource } = outcome
  const { query } = visit.browser
  note(visit.request.raw, { clientId: client.client.id, userPoolId: client.pool.id })
  const plain = await shellOf(visit, client)
  const shell = { ...plain, hiddenFields: { ...plain.hiddenFields, account: account.session.id } }
  const { label, detail } = namesOf(account.user)
  const page = deviceDecisionPage(shell, {
    action: `/device?${query}`,
    appName: client.client.name,
    username: detail ?? label,
    changeHref: `/select-account?${query}`,
    userCode,
    scopes,
    descriptions,
    resource,
  })
  return sendPage(visit, shell, page, { isForm: true })
}

/** What went wrong is a matter of the app client's settings. Its user can only try again. */
async function sendFailed(visit: Visit, { client }: SignInFailed): Promise<Send> {
  const shell = await shellOf(visit, client)
  const { text } = shell
  const page = messagePage(shell, { title: text('errorTitle'), message: text('errorUnavailable'), kind: 'problem' })
  return sendPage(visit, shell, page, { status: 400 })
}

async function sendDecided(visit: Visit, { kind, client, session }: Decided): Promise<Send> {
  if (session !== undefined) keepSession(visit, session)
  note(visit.request.raw, { clientId: client.client.id, userPoolId: client.pool.id })
  const shell = { ...(await shellOf(visit, client)), languageLinks: undefined }
  const { text } = shell
  const page =
    kind === 'approved'
      ? messagePage(shell, { title: text('deviceAllowedTitle'), message: text('deviceAllowedText'), kind: 'done' })
      : messagePage(shell, { title: text('deviceDeniedTitle'), message: text('signedOutText'), kind: 'done' })
  return sendPage(visit, shell, page)
}
