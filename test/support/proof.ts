import { appRequest } from './federation.ts'
import { encode, type Reply } from './oauth.ts'
import { signInAtProvider } from './openid-provider.ts'
import { goodPassword } from './sign-in.ts'
import { formActionIn, hiddenFieldsIn, locationOf, type TestBrowser } from './test-browser.ts'

/** Signs in at the provider, and returns the path that leads back to our server. */
export async function backFromProvider(browser: TestBrowser, path: string, login: string): Promise<string> {
  const { pathname, search } = await signInAtProvider(locationOf(await browser.visit(path)), login)
  return pathname + search
}

export const pathTo = (clientId: string, more: Readonly<Record<string, string | undefined>> = {}): string =>
  `/oauth2/authorize?${encode(appRequest(clientId, more))}`

/** Comes from the provider, and opens the page on which the user has to sign in. */
export async function arriveAtProof(browser: TestBrowser, clientId: string, login = 'ana', provider = 'Corp'): Promise<Reply> {
  const back = await backFromProvider(browser, pathTo(clientId, { identity_provider: provider }), login)
  return browser.visit(locationOf(await browser.visit(back)))
}

/** Submits the form of a page as the user fills it in. */
export const fillIn = (browser: TestBrowser, page: Reply, fields: Readonly<Record<string, string>>): Promise<Reply> =>
  browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...fields })

export const withPassword = (browser: TestBrowser, page: Reply, username: string, password = goodPassword): Promise<Reply> =>
  fillIn(browser, page, { username, password })

/** Where the button of a provider leads. */
export function buttonOf(page: Reply, provider: string): string {
  const hrefs = [...page.text.matchAll(/href="(\/oauth2\/authorize\?[^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'))
  const href = hrefs.find((one) => new URLSearchParams(one.split('?')[1]).get('identity_provider') === provider)
  if (href === undefined) throw new Error(`The page has no button for ${provider}.`)
  return href
}
