import { createHash } from 'node:crypto'
import { form, submit } from './components.ts'
import type { Page, Shell } from './layout.ts'

/** How long the page waits for its frames. */
const longestWaitMs = 3000

/** Sends the form at once, or after the frames of the page are loaded. Without scripts the user presses the button. */
export const formPostScript = `'use strict'
const send = () => document.forms[0].submit()
if (document.querySelector('iframe') === null) send()
else {
  addEventListener('load', send)
  setTimeout(send, ${longestWaitMs})
}
`

export const formPostScriptPath = `/pages/form-post-${createHash('sha256').update(formPostScript).digest('hex').slice(0, 16)}.js`

/** The page whose form carries an answer to an app (OAuth 2.0 Form Post Response Mode §2). */
export function formPostPage(shell: Shell, action: string, members: Readonly<Record<string, string | undefined>>): Page {
  const given = Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return {
    title: shell.text('continueButton'),
    body: form({ ...shell, hiddenFields: Object.fromEntries(given) }, { action, fields: [submit(shell.text('continueButton'))] }),
    script: formPostScriptPath,
  }
}
