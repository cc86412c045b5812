import { findNoticeLink, type NoticeLink } from '../../oauth/account/notice-link.ts'
import { isManagedLogin } from '../../oauth/authorize/authorization-request.ts'
import { type Parameters, receiveParameters } from '../../oauth/parameters.ts'
import { messagePage } from '../pages/account-pages.ts'
import type { Shell } from '../pages/layout.ts'
import type { TextKey } from '../pages/locales/en.ts'
import { note } from '../request-notes.ts'
import { formShellOf, plainShellOf, type Send, sendPage, shellOf, type Visit } from './visit.ts'

/** The link in the address of the page. */
export const linkInAddress = (visit: Visit): Promise<NoticeLink | undefined> =>
  findNoticeLink(visit.deps, visit.browser, receiveParameters(visit.browser.query).parameters)

/** The link in the form of the page. */
export const linkInForm = (visit: Visit, form: Parameters): Promise<NoticeLink | undefined> =>
  findNoticeLink(visit.deps, visit.browser, form)

/** The look of the app client in the link, with the link in the hidden fields of its forms: so the address of a form has no token. */
export async function noticeShellOf(visit: Visit, { pool, token, owner }: NoticeLink): Promise<Shell> {
  note(visit.request.raw, { userPoolId: pool.id, ...(owner !== undefined && { clientId: owner.client.id }) })
  const shell = owner === undefined ? formShellOf(visit) : await clientShellOf(visit, owner)
  const client = owner !== undefined && { client_id: owner.client.id }
  return { ...shell, hiddenFields: { ...shell.hiddenFields, ...client, user_pool_id: pool.id, token } }
}

async function clientShellOf(visit: Visit, owner: NonNullable<NoticeLink['owner']>): Promise<Shell> {
  const look = { ...owner, isManagedLogin: await isManagedLogin(visit.deps, visit.browser.host, owner.pool.id) }
  return shellOf(visit, look, { isStyleNeeded: false })
}

type Answer = {
  readonly status: number
  readonly title: TextKey
  readonly message: TextKey
  /** Where the user sets a new password. */
  readonly resetHref?: string | undefined
}

/** The answer to a form. It has no links to other languages: an answer cannot be shown again by a link. */
export function sendNoticeAnswer(visit: Visit, shell: Shell, { status, title, message, resetHref }: Answer): Send {
  const { text } = shell
  const next = resetHref === undefined ? undefined : { href: resetHref, label: text('resetTitle') }
  const page = messagePage(shell, { title: text(title), message: text(message), kind: status === 200 ? 'done' : 'problem', next })
  return sendPage(visit, { ...shell, languageLinks: undefined }, page, { status })
}

/** All links that do not work get the same page, so that a link of a stranger reveals nothing. */
export const sendDeadNotice = (visit: Visit): Send =>
  sendNoticeAnswer(visit, plainShellOf(visit), { status: 400, title: 'linkInvalidTitle', message: 'noticeLinkInvalidText' })
