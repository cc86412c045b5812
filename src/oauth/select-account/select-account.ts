import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { type AuthorizeDeps, findAccountsFor, type PoolCookie, type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { cookieWithCurrent, type LiveSession } from '../domain-session/domain-session.ts'

/** The users who are signed in in the browser. The list may be empty by now. */
export type AccountChoice = { readonly kind: 'choice'; readonly request: AuthorizationRequest; readonly accounts: readonly LiveSession[] }

/** The browser keeps the cookie, with the chosen user as the current one. */
type Chosen = { readonly kind: 'chosen'; readonly session: PoolCookie }

/**
 * The page on which a user chooses among those who are signed in (OpenID Connect Core §3.1.2.1, `prompt=select_account`).
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export function openAccountChoice(deps: AuthorizeDeps, browser: BrowserRequest): Promise<AccountChoice | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => choiceFor(deps, browser, request))
}

/**
 * Makes the user of the session `id` the current one.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export function chooseAccount(deps: AuthorizeDeps, browser: BrowserRequest, id: string): Promise<AccountChoice | Chosen | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    const { pool } = request
    const cookie = cookieWithCurrent(deps, { pool, cookie: browser.sessionCookieOf(pool.id) }, id)
    return cookie === undefined ? choiceFor(deps, browser, request) : { kind: 'chosen', session: { ...cookie, poolId: pool.id } }
  })
}

async function choiceFor(deps: AuthorizeDeps, browser: BrowserRequest, request: AuthorizationRequest): Promise<AccountChoice> {
  return { kind: 'choice', request, accounts: await findAccountsFor(deps, browser, request) }
}
