import { noteSecrets } from './evidence.ts'
import { encode, post, type Reply, send } from './oauth.ts'
import { goodPassword } from './sign-in.ts'
import type { TestServer } from './test-server.ts'

/** A browser as far as the hosted pages need one: it keeps cookies, submits the sign-in form, and follows redirects within the server. */
export class TestBrowser {
  readonly #server: Pick<TestServer, 'url'>
  readonly #host: string | undefined
  readonly cookies = new Map<string, string>()

  /** `host` is sent as the Host header, to visit the domain of a pool. */
  constructor(server: Pick<TestServer, 'url'>, host?: string) {
    this.#server = server
    this.#host = host
  }

  /** Visits a path. Redirects are not followed. */
  async visit(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.#keep(await send(this.#server, path, { headers: { ...this.#headers(), ...headers } }))
  }

  async submit(
    path: string,
    form: Readonly<Record<string, string>> | string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    return this.#keep(await post(this.#server, path, form, { ...this.#headers(), ...headers }))
  }

  /** Opens the sign-in page at `path`, fills in its form and submits it. */
  async submitLogin(path: string, username: string, password = goodPassword): Promise<Reply> {
    const page = await this.visit(path)
    if (page.status !== 200) throw new Error(`The sign-in page answered ${page.status}: ${page.headers.get('location') ?? page.text}`)
    return this.submit(formActionIn(page), { _csrf: csrfTokenIn(page), username, password })
  }

  /** Sends an authorization request and signs in. Returns the address to which the app is called back. */
  async signIn(request: Readonly<Record<string, string | undefined>>, username: string, password = goodPassword): Promise<URL> {
    const login = locationOf(await this.visit(`/oauth2/authorize?${encode(request)}`))
    if (!login.startsWith('/login?')) throw new Error(`The authorization endpoint redirected to ${login}`)
    return new URL(locationOf(await this.submitLogin(login, username, password)))
  }

  #headers(): Record<string, string> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return { ...(this.#host !== undefined && { host: this.#host }), ...(cookie !== '' && { cookie }) }
  }

  #keep(reply: Reply): Reply {
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
      if (name.includes('cognito')) noteSecrets({ session: value })
    }
    const location = reply.headers.get('location')
    if (location !== null) noteSecrets(Object.fromEntries(paramsIn(location)))
    return reply
  }
}

export function locationOf(reply: Reply): string {
  const location = reply.headers.get('location')
  if (reply.status !== 302 || location === null) throw new Error(`The answer is ${reply.status} and no redirect: ${reply.text}`)
  return location
}

/** The parameters in the query or the fragment of an address. */
export function paramsIn(location: string | URL): URLSearchParams {
  const { search, hash } = new URL(location, 'http://localhost')
  return new URLSearchParams(hash === '' ? search : hash.slice(1))
}

export const csrfTokenIn = ({ text }: Reply): string => /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? ''

/** The hidden fields of the page's form. */
export const hiddenFieldsIn = ({ text }: Pick<Reply, 'text'>): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(([, name = '', value = '']) => [
      name,
      unescaped(value),
    ]),
  )

const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&#39;': "'", '&quot;': '"', '&lt;': '<', '&gt;': '>' }

export function formActionIn({ text }: Reply): string {
  const action = /<form method="post" action="([^"]+)"/.exec(text)?.[1] ?? ''
  return unescaped(action)
}

/** The options that the page passes to the browser's passkeys. */
export const passkeyOptionsIn = ({ text }: Reply): object =>
  JSON.parse(unescaped(/ data-options="([^"]*)"/.exec(text)?.[1] ?? '{}')) as object

const unescaped = (text: string): string => text.replace(/&[#\w]+;/g, (entity) => entities[entity] ?? entity)
