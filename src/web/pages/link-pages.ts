import { html } from '../../base/html.ts'
import { alert, type Facts, facts, form, lead, notice, otherSubmit, submit } from './components.ts'
import type { Page, Shell } from './layout.ts'

/** After a link was sent by e-mail. The page says the same whether or not there is such a user. */
export function sentLinkPage(
  shell: Shell,
  view: {
    readonly action: string
    /** The masked address. */
    readonly destination: string | undefined
    readonly canChange: boolean
    readonly problem: string | undefined
    readonly notice: string | undefined
  },
): Page {
  const { text } = shell
  return {
    title: text('signInLinkSentTitle'),
    body: [
      lead(text('signInLinkSentTo', { destination: view.destination ?? '' })),
      alert(view.problem),
      notice(view.notice),
      form(shell, {
        action: view.action,
        fields: [
          otherSubmit(text('resendLinkButton'), { name: 'action', value: 'resend' }),
          view.canChange ? otherSubmit(text('anotherWayLink'), { name: 'action', value: 'change' }, 'link') : undefined,
        ],
      }),
    ],
  }
}

/** A link that was opened in another browser than the one that asked for it. The details show who asked, as far as that is known. */
export function confirmLinkPage(
  shell: Shell,
  view: {
    readonly action: string
    readonly username: string
    readonly details: Facts
    readonly problem: string | undefined
  },
): Page {
  const { text } = shell
  return {
    title: text('signInLinkTitle', { user: view.username }),
    body: [
      lead(text('signInLinkText')),
      facts(shell, view.details),
      html`<p class="lead">${text('signInLinkHere')}</p>`,
      alert(view.problem),
      form(shell, { action: view.action, fields: [submit(text('signInButton'))] }),
    ],
  }
}
