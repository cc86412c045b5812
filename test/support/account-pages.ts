import { callback, encode, givenOAuthPool, type Reply } from './oauth.ts'
import { goodPassword } from './sign-in.ts'
import { formActionIn, hiddenFieldsIn, locationOf, TestBrowser } from './test-browser.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

type Form = Readonly<Record<string, string>>

/** A form with a new password that is typed twice. */
export const goodForm = (more: Form): Form => ({ password: goodPassword, confirm_password: goodPassword, ...more })

export const anaEmail = 'ana@example.test'

/** The form of the sign-up page in a pool of givenVerifyingPool. */
export const anaForm = (more: Form = {}): Form => goodForm({ username: 'ana', 'requiredAttributes[email]': anaEmail, ...more })

/** A pool that requires and verifies e-mail addresses, with a client for the code flow. */
export const givenVerifyingPool = (server: TestServer, { pool, client }: TestPoolOptions = {}) =>
  givenOAuthPool(server, {
    pool: { AutoVerifiedAttributes: ['email'], Schema: [{ Name: 'email', Required: true }], ...pool },
    client: client ?? {},
  })

/** What a user does on the pages around an account. */
export function accountPages(server: () => TestServer) {
  const requestOf = (clientId: string) => encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', state: 's' })
  return {
    requestOf,
    /** Opens a page in a new browser. */
    async open(path: string, clientId: string) {
      const browser = new TestBrowser(server())
      return { browser, page: await browser.visit(`${path}?${requestOf(clientId)}`) }
    },
    /** Fills in the form of the page and sends it. */
    answer: (browser: TestBrowser, page: Reply, form: Form, headers?: Form) =>
      browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...form }, headers),
    follow: (browser: TestBrowser, reply: Reply) => browser.visit(locationOf(reply)),
  }
}
