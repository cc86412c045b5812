import { html } from '../../base/html.ts'
import type { Page } from './page.ts'

/** What the sign-in page shows. */
export type LoginPage = {
  /** The query of the page, which its form sends back. */
  readonly query: string
  readonly csrfToken: string
  readonly username: string
  /** Why the last attempt failed. */
  readonly problem: string | undefined
}

export function loginPage({ query, csrfToken, username, problem }: LoginPage): Page {
  const content = html`${problem !== undefined && html`<p role="alert">${problem}</p>`}
<form method="post" action="/login?${query}">
<input type="hidden" name="_csrf" value="${csrfToken}">
<label>Username <input name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>`
  return { title: 'Sign in', content }
}
