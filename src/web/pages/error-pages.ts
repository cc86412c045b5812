import type { PageErrorCode } from '../../oauth/page-error.ts'
import { messagePage } from './account-pages.ts'
import type { Page, Shell } from './layout.ts'

/** For the people who run the app, in English: they find the fault by these words. */
const details: Readonly<Record<PageErrorCode, string>> = {
  invalid_request: 'The request is not valid.',
  login_pages_unavailable: 'Login pages unavailable. Please contact an administrator.',
  missing_client_id: "Required String parameter 'client_id' is not present",
  page_not_offered: 'The user pool does not offer this page.',
  redirect_mismatch: 'The address to return to is not one that is registered for this app.',
  unauthorized_client: 'The app is unknown here, or may not use this page.',
}

const isKnown = (code: string): code is PageErrorCode => Object.hasOwn(details, code)

/** The page for a request that no app can be told about. It shows texts of ours only: otherwise a link could make it say anything. */
export function requestErrorPage(shell: Shell, code: string | undefined): Page {
  return messagePage(shell, {
    title: shell.text('errorRequestTitle'),
    message: shell.text('errorRequest'),
    kind: 'problem',
    details: code !== undefined && isKnown(code) ? `${details[code]} (${code})` : undefined,
  })
}

/** The page for a request that the server refuses, and for one that it cannot answer now. */
export function refusalPage(shell: Shell, { isBusy }: { readonly isBusy: boolean }): Page {
  const { text } = shell
  return messagePage(shell, { title: text('errorTitle'), message: text(isBusy ? 'errorUnavailable' : 'errorRequest'), kind: 'problem' })
}
