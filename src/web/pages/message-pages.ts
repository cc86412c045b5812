import { html } from '../../base/html.ts'
import type { PageErrorCode } from '../../oauth/page-error.ts'
import type { Page } from './page.ts'

/** A page with one text. */
export const messagePage = (title: string, text: string): Page => ({ title, content: html`<p>${text}</p>` })

const texts: Readonly<Record<PageErrorCode, string>> = {
  invalid_request: 'The request is not valid.',
  missing_client_id: "Required String parameter 'client_id' is not present",
  redirect_mismatch: 'The address to return to is not one that is registered for this app.',
  unauthorized_client: 'The app is unknown here, or may not use this page.',
}

const isKnown = (code: string): code is PageErrorCode => Object.hasOwn(texts, code)

/** The error page. It shows texts of ours only: otherwise a link could make it say anything. */
export function errorPage(code: string | undefined): Page {
  const text = code !== undefined && isKnown(code) ? texts[code] : 'Something went wrong. Please go back to the app and try again.'
  return { title: 'An error was encountered with the requested page.', content: html`<p>${text}</p>` }
}

/** The page after a sign-in that needs a challenge which the pages do not offer yet. */
export function furtherStepPage(challenge: string): Page {
  return messagePage('One more step is needed', `This account needs a further step (${challenge}). This page cannot offer it yet.`)
}
