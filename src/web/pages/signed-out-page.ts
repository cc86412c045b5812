import { createHash } from 'node:crypto'
import { messagePage } from './account-pages.ts'
import type { Page, Shell } from './layout.ts'

/** How long the page waits for the apps. Then it goes on, in whatever state their frames are. */
const longestWaitMs = 3000

/** Goes on after that time. Browsers that run no script wait until all frames are loaded, or for the user. */
export const signedOutScript = `'use strict'
setTimeout(() => location.replace(document.querySelector('.button-link').href), ${longestWaitMs})
`

export const signedOutScriptPath = `/pages/signed-out-${createHash('sha256').update(signedOutScript).digest('hex').slice(0, 16)}.js`

/**
 * The page after a logout. It loads the addresses of apps that are to be told in frames (OpenID Connect Front-Channel Logout 1.0 §3), and
 * goes on to `next` as soon as they are loaded. It stays where the app named no address.
 */
export function signedOutPage(
  shell: Shell,
  { frames, next }: { readonly frames: readonly string[]; readonly next: string | undefined },
): Page {
  const { text } = shell
  const message = { title: text('signedOutTitle'), message: text('signedOutText'), kind: 'done' } as const
  if (next === undefined) return { ...messagePage(shell, message), frames }
  const link = { href: next, label: text('continueButton') }
  return { ...messagePage(shell, { ...message, next: link }), frames, next, script: signedOutScriptPath }
}
