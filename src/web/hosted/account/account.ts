import type { Html } from '../../../base/html.ts'
import { html } from '../../../base/html.ts'
import type { ApiError } from '../../../contract/api-error.ts'
import { resetPageOf } from '../../../oauth/account/change-password.ts'
import {
  type AccountLeft,
  type AccountOutcome,
  actionOf,
  openSection,
  type ShownSection,
  shownUserField,
  submitSection,
} from '../../../oauth/account-page/account-page.ts'
import { type AccountSection, accountAddress, signInQuery } from '../../../oauth/account-page/account-target.ts'
import type { Done } from '../../../oauth/account-page/section.ts'
import type { sections } from '../../../oauth/account-page/sections.ts'
import type { PageClient } from '../../../oauth/authorize/authorization-request.ts'
import { PageError } from '../../../oauth/page-error.ts'
import { sessionCookieName, writeCookie } from '../../oauth/cookies.ts'
import { messagePage } from '../../pages/account-pages.ts'
import { alert, link, notice } from '../../pages/components.ts'
import type { Page, Shell } from '../../pages/layout.ts'
import type { TextKey } from '../../pages/locales/en.ts'
import { note } from '../../request-notes.ts'
import { takeOwnForm } from '../own-form.ts'
import { problemText } from '../problem-text.ts'
import { namesOf } from '../select-account.ts'
import { type FormHandler, type Handler, keepSession, redirectTo, type Send, sendPage, shellOf, type Visit } from '../visit.ts'
import { factorsPage } from './factors-page.ts'
import { devicesPage, historyPage, linksPage } from './list-pages.ts'
import { passkeysPage } from './passkeys-page.ts'
import { passwordPage } from './password-page.ts'
import { profilePage } from './profile-page.ts'
import type { SectionPage } from './section-page.ts'
import { sessionsPage } from './sessions-page.ts'
import { dataPage, deletePage, overviewPage } from './simple-pages.ts'

type ViewOf<S extends AccountSection> = Awaited<ReturnType<(typeof sections)[S]['open']>>

const pages: { readonly [S in AccountSection]: SectionPage<ViewOf<S>> } = {
  overview: overviewPage,
  profile: profilePage,
  password: passwordPage,
  factors: factorsPage,
  passkeys: passkeysPage,
  devices: devicesPage,
  sessions: sessionsPage,
  links: linksPage,
  history: historyPage,
  data: dataPage,
  delete: deletePage,
}

export const visitAccountPage =
  (section: AccountSection): Handler =>
  async (visit) =>
    sendOutcome(visit, section, await openSection(visit.deps, visit.browser, section))

export const postAccountPage =
  (section: AccountSection): FormHandler =>
  async (visit, sent) => {
    const { deps, browser } = visit
    const action = actionOf(section, sent)
    if (action === undefined) throw new PageError('page_not_offered')
    const outcome = await takeOwnForm<AccountOutcome, AccountOutcome>(visit, sent, {
      operation: action.operation,
      take: (form) => submitSection(deps, browser, section, { action, form }),
      refuse: (_form, problem) => openSection(deps, browser, section, problem),
    })
    return sendOutcome(visit, section, outcome)
  }

async function sendOutcome(visit: Visit, section: AccountSection, outcome: AccountOutcome): Promise<Send> {
  switch (outcome.kind) {
    case 'sign-in':
      return redirectTo(
        visit,
        `/login?${signInQuery(section, outcome.client.client.id, outcome)}`,
        visit.request.method === 'POST' ? 303 : 302,
      )
    case 'failed':
      return sendMessage(visit, outcome.client, {
        title: 'errorTitle',
        message: outcome.problem === undefined ? 'errorUnavailable' : 'accountNotFresh',
        status: 400,
      })
    case 'ended':
      return sendEnd(visit, outcome)
    case 'file':
      return sendFile(visit, outcome)
    case 'section':
      return sendSection(visit, outcome)
  }
}

async function sendSection(visit: Visit, shown: ShownSection): Promise<Send> {
  const { account, section, states, problem, done, form } = shown
  const { client, pool } = account
  note(visit.request.raw, { clientId: client.id, userPoolId: pool.id, ...(problem !== undefined && { outcome: problem.code }) })
  if (shown.session !== undefined) keepSession(visit, shown.session)
  const bare = await shellOf(visit, account)
  const plain = { ...bare, hiddenFields: { ...bare.hiddenFields, [shownUserField]: account.user.sub } }
  // The answer to a form cannot be shown again by a link.
  const shell = visit.request.method === 'POST' ? { ...plain, languageLinks: undefined } : plain
  const render = pages[section] as SectionPage<unknown>
  const address = accountAddress(section, client.id)
  const may = (action: string) => states.get(action) === 'allowed'
  const content = render(shell, { ...shown, address, may, problem, form })
  const page: Page = {
    title: content.title,
    isWide: true,
    script: content.script,
    body: [
      whoseAccount(shell, shown),
      alert(problem === undefined || content.hasProblem ? undefined : accountProblem(shell, problem)),
      notice(done && doneText(shell, done)),
      ...content.body,
      [...states.values()].includes('needs-proof') ? proofNeeded(shell, section, client.id) : undefined,
    ],
  }
  return sendPage(visit, shell, page, { status: statusOf(problem), isForm: true })
}

/** What is not the user's is not there, whoever has it. */
const statusOf = (problem: ApiError | undefined): number =>
  problem === undefined ? 200 : problem.code === 'ResourceNotFoundException' ? 404 : 400

function accountProblem({ text }: Shell, problem: ApiError): string {
  return problem.code === 'ResourceNotFoundException' ? text('accountGone') : problemText(text, problem)
}

const doneTexts = {
  saved: 'accountSaved',
  removed: 'accountRemoved',
  'signed-out': 'accountSignedOutThere',
  thanks: 'feedbackThanksTitle',
} as const satisfies Record<Exclude<Done['kind'], 'code-sent'>, TextKey>

function doneText({ text }: Shell, done: Done): string {
  if (done.kind !== 'code-sent') return text(doneTexts[done.kind])
  return done.destination === undefined ? text('codeResent') : text('codeSentTo', { destination: done.destination })
}

function whoseAccount(shell: Shell, { account, section }: ShownSection): Html {
  const { label, detail } = namesOf(account.user)
  const back = section === 'overview' ? undefined : link(accountAddress('overview', account.client.id), shell.text('accountTitle'))
  return html`<p class="account"><span>${shell.text('accountSignedInAs', { user: detail ?? label })}</span> ${back}</p>`
}

function proofNeeded({ text }: Shell, section: AccountSection, clientId: string): Html {
  const href = `/login?${signInQuery(section, clientId, { isFresh: true })}`
  return html`<div class="part"><p>${text('accountProofText')}</p>${link(href, text('accountProofButton'), 'button-link')}</div>`
}

type Message = {
  readonly title: TextKey
  readonly message: TextKey
  readonly status: number
  readonly next?: { readonly href: string; readonly label: TextKey } | undefined
}

async function sendMessage(visit: Visit, client: PageClient, { title, message, status, next }: Message): Promise<Send> {
  note(visit.request.raw, { clientId: client.client.id, userPoolId: client.pool.id })
  const shell = { ...(await shellOf(visit, client)), languageLinks: undefined }
  const { text } = shell
  const link = next && { href: next.href, label: text(next.label) }
  const page = messagePage(shell, { title: text(title), message: text(message), kind: status === 200 ? 'done' : 'problem', next: link })
  return sendPage(visit, shell, page, { status })
}

async function sendEnd(visit: Visit, { client, ending, session }: AccountLeft): Promise<Send> {
  const { names, reply, browser } = visit
  if (session !== undefined) keepSession(visit, session)
  else reply.header('set-cookie', writeCookie(names, sessionCookieName(names, browser.host, client.pool.id), '', 0))
  const message = { title: 'signedOutTitle', message: 'signedOutText', status: 200 } as const
  if (ending === 'deleted') return sendMessage(visit, client, { ...message, title: 'accountDeletedTitle' })
  if (ending === 'signed-out') return sendMessage(visit, client, message)
  const resetHref = resetPageOf(client)
  const next = resetHref === undefined ? undefined : ({ href: resetHref, label: 'resetTitle' } as const)
  return sendMessage(visit, client, { ...message, message: 'signedOutResetText', next })
}

/** Browsers save the file, and never show it as a page of this host. */
async function sendFile(visit: Visit, { account, name, content }: Extract<AccountOutcome, { kind: 'file' }>): Promise<Send> {
  note(visit.request.raw, { clientId: account.client.id, userPoolId: account.pool.id })
  const text = `${JSON.stringify(content, undefined, 2)}\n`
  const headers = { 'content-type': 'application/json; charset=utf-8', 'content-disposition': `attachment; filename="${name}"` }
  return () => visit.reply.code(200).headers(headers).send(text)
}
