import { alert, type Facts, facts, form, lead, otherSubmit, submit } from './components.ts'
import type { Page, Shell } from './layout.ts'

/** Asks whether a sign-in was the user's. The button that the link in the notice meant stands first. */
export function feedbackPage(
  shell: Shell,
  view: {
    readonly action: string
    readonly username: string
    readonly details: Facts
    readonly isValidFirst: boolean
    readonly problem: string | undefined
  },
): Page {
  const { text } = shell
  const yes = { label: text('feedbackYes'), choice: { name: 'value', value: 'valid' } }
  const no = { label: text('feedbackNo'), choice: { name: 'value', value: 'invalid' } }
  const [first, second] = view.isValidFirst ? [yes, no] : [no, yes]
  return {
    title: text('feedbackTitle'),
    body: [
      lead(text('feedbackText', { user: view.username })),
      facts(shell, view.details),
      alert(view.problem),
      form(shell, { action: view.action, fields: [submit(first.label, first.choice), otherSubmit(second.label, second.choice)] }),
    ],
  }
}

/** Asks whether a change of the e-mail address is to be undone. */
export function undoPage(
  shell: Shell,
  view: { readonly action: string; readonly username: string; readonly email: string; readonly problem: string | undefined },
): Page {
  const { text } = shell
  return {
    title: text('undoTitle'),
    body: [
      lead(text('undoText', { user: view.username, email: view.email })),
      alert(view.problem),
      form(shell, { action: view.action, fields: [submit(text('undoButton'))] }),
    ],
  }
}
