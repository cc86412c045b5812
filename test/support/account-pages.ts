import { callback, encode, type Reply } from './oauth.ts'
import { goodPassword } from './sign-in.ts'
import { formActionIn, hiddenFieldsIn, locationOf, TestBrowser } from './test-browser.ts'
import type { TestServer } from './test-server.ts'

type Form = Readonly<Record<string, string>>

/** A form with a new password that is typed twice. */
export const goodForm = (more: Form): Form => ({ password: goodPassword, confirm_password: goodPassword, ...more })

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
    answer: (browser: TestBrowser, page: Reply, form: Form) => browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...form }),
    follow: (browser: TestBrowser, reply: Reply) => browser.visit(locationOf(reply)),
  }
}
