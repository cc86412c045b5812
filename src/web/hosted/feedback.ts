import type { ApiError } from '../../contract/api-error.ts'
import { findNoticedSignIn, submitFeedback } from '../../oauth/account/feedback.ts'
import { type NoticeLink, resetPageFor } from '../../oauth/account/notice-link.ts'
import { type Parameters, receiveParameters } from '../../oauth/parameters.ts'
import type { AuthEventDetails } from '../../protection/auth-event.ts'
import { countryNameOf } from '../../protection/traits-of.ts'
import type { FeedbackResult } from '../../users/auth-events/give-feedback.ts'
import { feedbackPage } from '../pages/notice-pages.ts'
import { linkInAddress, linkInForm, noticeShellOf, sendDeadNotice, sendNoticeAnswer } from './notice-visit.ts'
import { takeOwnForm } from './own-form.ts'
import { problemText } from './problem-text.ts'
import { timeText } from './time-text.ts'
import { type FormHandler, type Handler, type Send, sendPage, type Visit } from './visit.ts'

/** The page behind the links in a notice of a risky sign-in. It only asks: mail scanners open links. */
export const visitFeedback: Handler = async (visit) => {
  const link = await linkInAddress(visit)
  const value = receiveParameters(visit.browser.query).parameters.get('value')
  return link === undefined ? sendDeadNotice(visit) : ask(visit, link, { isValidFirst: value !== 'invalid' })
}

export const postFeedback: FormHandler = async (visit, form) => {
  const link = await linkInForm(visit, form)
  const value = valueIn(form)
  if (link === undefined || value === undefined) return sendDeadNotice(visit)
  return takeOwnForm(visit, form, {
    operation: 'UpdateAuthEventFeedback',
    take: async () => {
      const result = await submitFeedback(visit.deps, link, value)
      return result === undefined ? sendDeadNotice(visit) : thank(visit, link, value, result)
    },
    refuse: (_form, problem) => ask(visit, link, { isValidFirst: value === 'Valid', problem }),
  })
}

const valueIn = (form: Parameters) => (({ valid: 'Valid', invalid: 'Invalid' }) as const)[form.get('value') ?? '']

async function ask(
  visit: Visit,
  link: NoticeLink,
  { isValidFirst, problem }: { readonly isValidFirst: boolean; readonly problem?: ApiError },
): Promise<Send> {
  const found = await findNoticedSignIn(visit.deps, link)
  if (found === undefined) return sendDeadNotice(visit)
  const { event, user } = found
  const plain = await noticeShellOf(visit, link)
  const shell = problem === undefined ? plain : { ...plain, languageLinks: undefined }
  const page = feedbackPage(shell, {
    action: '/feedback',
    username: user.username,
    details: [
      ['signInLinkApp', link.owner?.client.name],
      ['feedbackTime', timeText(shell, event.createdAt)],
      ['signInLinkBrowser', event.details.device],
      ['feedbackPlace', placeOf(event.details)],
      ['signInLinkAddress', event.details.ip],
    ],
    isValidFirst,
    problem: problem && problemText(shell.text, problem),
  })
  return sendPage(visit, shell, page, { status: problem === undefined ? 200 : 400, isForm: true })
}

export function placeOf({ traits = {} }: AuthEventDetails): string | undefined {
  const known = [traits.city, countryNameOf(traits)].filter((one) => one !== undefined)
  return known.length === 0 ? undefined : known.join(', ')
}

async function thank(visit: Visit, link: NoticeLink, value: 'Valid' | 'Invalid', { before, after }: FeedbackResult): Promise<Send> {
  const shell = await noticeShellOf(visit, link)
  const done = { status: 200, title: 'feedbackThanksTitle' } as const
  if (value === 'Valid') return sendNoticeAnswer(visit, shell, { ...done, message: 'feedbackValidText' })
  const resetHref = resetPageFor(link, after)
  if (after === before) return sendNoticeAnswer(visit, shell, { ...done, message: 'feedbackInvalidText', resetHref })
  const message = after.status === 'RESET_REQUIRED' ? 'signedOutResetText' : 'signedOutEverywhereText'
  return sendNoticeAnswer(visit, shell, { ...done, message, resetHref })
}
