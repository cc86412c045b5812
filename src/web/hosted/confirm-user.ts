import { ApiError, type ErrorCode } from '../../contract/api-error.ts'
import {
  asksForClick,
  type ConfirmationLink,
  confirmByLink,
  findAppOf,
  type WayOn,
  wayOnFrom,
} from '../../oauth/account/confirm-by-link.ts'
import { isManagedLogin } from '../../oauth/authorize/authorization-request.ts'
import { receiveParameters } from '../../oauth/parameters.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import { confirmClickPage, messagePage } from '../pages/account-pages.ts'
import type { Shell } from '../pages/layout.ts'
import type { TextKey } from '../pages/locales/en.ts'
import { goOn } from './login.ts'
import { takeOwnForm } from './own-form.ts'
import { type FormHandler, type Handler, plainShellOf, redirectToApp, type Send, sendPage, shellOf, type Visit } from './visit.ts'

/** What a page says: texts of the locales. */
type Answer = {
  readonly status: number
  readonly title: TextKey
  readonly message: TextKey
  /** What takes the places of placeholders in the message. */
  readonly values?: Readonly<Record<string, string>>
}

const confirmed: Answer = { status: 200, title: 'confirmedTitle', message: 'confirmedText' }

/** Another address has to be verified, by a code. */
const missingAt = (destination: string): Answer => ({
  status: 200,
  title: 'confirmTitle',
  message: 'codeSentTo',
  values: { destination },
})

/** Every invalid link gets the same text, since the text must not reveal which users exist. */
const invalidLink: Answer = { status: 400, title: 'linkInvalidTitle', message: 'linkInvalidText' }

/** After a confirmation whose PostConfirmation trigger failed. The trigger's error message is for programs, so it is left out. */
const unfinished: Answer = { status: 502, title: 'confirmedTitle', message: 'confirmedUnfinishedText' }

const refusals: Partial<Record<ErrorCode, Answer>> = {
  AliasExistsException: { status: 409, title: 'notConfirmedTitle', message: 'contactTakenText' },
  LimitExceededException: { status: 429, title: 'errorTitle', message: 'errorTooMany' },
  TooManyRequestsException: { status: 429, title: 'errorTitle', message: 'errorTooMany' },
  UserLambdaValidationException: unfinished,
  UnexpectedLambdaException: unfinished,
  InvalidLambdaResponseException: unfinished,
}

/** Mail scanners check links by HEAD, which must not confirm a user (RFC 9110 §9.2.1). */
export const headConfirmUser: Handler = async (visit) => sendAnswer(visit, readLink(visit) === undefined ? invalidLink : confirmed)

/**
 * The page behind the link in a sign-up message. Its path and parameters have Cognito's names. For the request rates, a request for the page
 * counts as ConfirmSignUp. For clients with the setting ConfirmationLinks the page has a button, and nothing is used up before the click.
 */
export const visitConfirmUser: Handler = (visit) =>
  answering(visit, async (owner, link, shell) => {
    if (asksForClick(owner)) return sendClickPage(visit, owner, shell)
    const result = await confirmByLink(visit.deps, visit.browser, owner, link)
    if (result.kind === 'missing') return sendAnswer(visit, missingAt(result.destination), shell)
    return sendAnswer(visit, confirmed, shell, wayOnFrom(visit.deps, visit.browser, owner, link))
  })

export const postConfirmUser: FormHandler = (visit, form) =>
  answering(visit, async (owner, link, shell) => {
    const { deps, browser } = visit
    // The step of the browser may end with the confirmation.
    const wayOn = wayOnFrom(deps, browser, owner, link)
    const result = await takeOwnForm(visit, form, {
      operation: 'ConfirmSignUp',
      take: () => confirmByLink(deps, browser, owner, link),
      refuse: async () => undefined,
    })
    if (result === undefined) return sendClickPage(visit, owner, shell)
    if (result.kind === 'missing') return sendAnswer(visit, missingAt(result.destination), shell)
    if (result.kind === 'confirmed') return sendAnswer(visit, confirmed, shell, wayOn)
    const { query, outcome } = result
    return outcome.kind === 'redirect' ? redirectToApp(visit, outcome) : goOn({ ...visit, browser: { ...browser, query } }, outcome)
  })

async function answering(visit: Visit, work: (owner: PoolAndClient, link: ConfirmationLink, shell: Shell) => Promise<Send>): Promise<Send> {
  const link = readLink(visit)
  let shell: Shell | undefined
  try {
    const owner = link && (await visit.deps.pools.findClient(link.clientId))
    if (link === undefined || owner === undefined) return sendAnswer(visit, invalidLink)
    shell = await brandedShell(visit, owner)
    return await work(owner, link, shell)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return sendAnswer(visit, refusals[error.code] ?? invalidLink, shell)
  }
}

/** Parses the parameters by the rules of the API. Undefined for a link that no message of ours can contain. */
function readLink({ browser }: Visit): ConfirmationLink | undefined {
  const { parameters, wrong } = receiveParameters(browser.query)
  const [clientId, username, code] = ['client_id', 'user_name', 'confirmation_code'].map((name) => parameters.get(name))
  if (wrong.size > 0) return undefined
  if (clientId === undefined || !/^[\w+]{1,128}$/.test(clientId)) return undefined
  if (username === undefined || !/^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u.test(username)) return undefined
  if (code === undefined || !/^\S{1,2048}$/.test(code)) return undefined
  return { clientId, username, code, returnUrl: parameters.get('redirect_uri') }
}

/** The page has no links to other languages: they would open the link again. */
async function brandedShell(visit: Visit, owner: PoolAndClient): Promise<Shell> {
  const look = { ...owner, isManagedLogin: await isManagedLogin(visit.deps, visit.browser.host, owner.pool.id) }
  return { ...(await shellOf(visit, look, { isStyleNeeded: false })), languageLinks: undefined }
}

async function sendClickPage(visit: Visit, owner: PoolAndClient, shell: Shell): Promise<Send> {
  const redirectUri = await findAppOf(visit.deps, visit.browser, owner)
  return sendPage(visit, shell, confirmClickPage(shell, { action: `/confirmUser?${visit.browser.query}` }), { redirectUri, isForm: true })
}

function sendAnswer(visit: Visit, { status, title, message, values = {} }: Answer, shell = plainShellOf(visit), wayOn?: WayOn): Send {
  const { text } = shell
  const next = wayOn && { href: wayOn.href, label: text(wayOn.kind === 'app' ? 'continueButton' : 'signInLink') }
  const kind = status === 200 ? 'done' : 'problem'
  return sendPage(visit, shell, messagePage(shell, { title: text(title), message: text(message, values), kind, next }), { status })
}
