import { ApiError } from '../../contract/api-error.ts'
import { type NoticeLink, resetPageFor } from '../../oauth/account/notice-link.ts'
import { findUndoable, undoEmailChange } from '../../users/account-notices/undo-email-change.ts'
import { undoPage } from '../pages/notice-pages.ts'
import { linkInAddress, linkInForm, noticeShellOf, sendDeadNotice, sendNoticeAnswer } from './notice-visit.ts'
import { takeOwnForm } from './own-form.ts'
import { problemText } from './problem-text.ts'
import { type FormHandler, type Handler, type Send, sendPage, type Visit } from './visit.ts'

/** The page behind the link that undoes a change of an e-mail address. It only asks: mail scanners open links. */
export const visitUndo: Handler = async (visit) => {
  const link = await linkInAddress(visit)
  return link === undefined ? sendDeadNotice(visit) : ask(visit, link)
}

export const postUndo: FormHandler = async (visit, form) => {
  const link = await linkInForm(visit, form)
  if (link === undefined) return sendDeadNotice(visit)
  return takeOwnForm(visit, form, {
    operation: 'UpdateAuthEventFeedback',
    take: () => undo(visit, link),
    refuse: (_form, problem) => ask(visit, link, problem),
  })
}

async function ask(visit: Visit, link: NoticeLink, problem?: ApiError): Promise<Send> {
  const found = await findUndoable(visit.deps, link.pool, link.token)
  if (found === undefined) return sendDeadNotice(visit)
  const plain = await noticeShellOf(visit, link)
  const shell = problem === undefined ? plain : { ...plain, languageLinks: undefined }
  const page = undoPage(shell, {
    action: '/undo',
    username: found.user.username,
    email: found.change.replaced.email,
    problem: problem && problemText(shell.text, problem),
  })
  return sendPage(visit, shell, page, { status: problem === undefined ? 200 : 400, isForm: true })
}

async function undo(visit: Visit, link: NoticeLink): Promise<Send> {
  try {
    const user = await undoEmailChange(visit.deps, link.pool, link.token)
    if (user === undefined) return sendDeadNotice(visit)
    const message = user.status === 'RESET_REQUIRED' ? 'undoneResetText' : 'undoneText'
    const shell = await noticeShellOf(visit, link)
    return sendNoticeAnswer(visit, shell, { status: 200, title: 'undoneTitle', message, resetHref: resetPageFor(link, user) })
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'AliasExistsException') throw error
    const shell = await noticeShellOf(visit, link)
    return sendNoticeAnswer(visit, shell, { status: 409, title: 'undoTakenTitle', message: 'undoTakenText' })
  }
}
