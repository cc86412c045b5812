import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { after } from 'node:test'
import type { ProviderAccount, ProviderSetUp } from './openid-provider-process.ts'
import { hiddenFieldsIn, paramsIn } from './test-browser.ts'

export type RunningOpenIdProvider = {
  readonly issuer: string
  /** Adds accounts, or replaces those with the same `sub`. */
  setAccounts(...accounts: readonly ProviderAccount[]): Promise<void>
  /** Begins, or begins anew, with these clients, accounts and settings. */
  open(setUp: ProviderSetUp): Promise<void>
  /** From now on the provider's clock stands still at this time. */
  setClock(now: number): Promise<void>
  /** The process stops to answer, and goes on. */
  pause(): void
  resume(): void
}

/** Starts an OpenID provider in a process of its own. Call it in a `describe`, with whose tests it ends, and `open` before the tests. */
export async function runOpenIdProvider(): Promise<RunningOpenIdProvider> {
  const child: ChildProcess = fork(new URL('./openid-provider-process.ts', import.meta.url), { silent: true })
  const [{ issuer }] = (await once(child, 'message')) as [{ issuer: string }]
  const tell = async (message: object) => {
    child.send(message)
    await once(child, 'message')
  }
  after(() => {
    child.kill('SIGCONT')
    child.disconnect()
  })
  return {
    issuer,
    setAccounts: (...accounts) => tell({ accounts }),
    open: (next) => tell({ open: next }),
    setClock: (clockMs) => tell({ clockMs }),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  }
}

/** The cookies of a browser at the provider. */
export type ProviderCookies = Map<string, string>

async function request(url: URL, cookies: ProviderCookies, body?: URLSearchParams): Promise<Response> {
  const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
  const answer = await fetch(url, { method: body === undefined ? 'GET' : 'POST', headers, redirect: 'manual', ...(body && { body }) })
  for (const line of answer.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
  return answer
}

/** A browser at the provider, at its page for logouts: says yes, and returns the address back at our server. */
export async function signOutAtProvider(location: string, cookies: ProviderCookies): Promise<URL> {
  const page = await request(new URL(location), cookies)
  const text = await page.text()
  const [, action, xsrf = ''] = /action="([^"]+)".*?name="xsrf" value="([^"]+)"/s.exec(text) ?? []
  if (action === undefined) throw new Error(`The provider answered ${page.status}: ${text}`)
  const answer = await request(new URL(action, location), cookies, new URLSearchParams({ xsrf, logout: 'yes' }))
  const to = answer.headers.get('location')
  if (to === null) throw new Error(`The provider answered ${answer.status}: ${await answer.text()}`)
  return new URL(to, location)
}

/** A browser at Apple: follows its redirects, fills in its form, and returns the fields of the form that it answers with. */
export async function signInAtApple(location: string, login: string): Promise<Record<string, string>> {
  const page = await visitProvider(location, login, {})
  if (page instanceof URL) throw new Error(`The provider redirected to ${page}`)
  return hiddenFieldsIn({ text: page.replaceAll('"/>', '">') })
}

type Visit = { readonly decline?: boolean; readonly cookies?: ProviderCookies }

/** A browser at the provider: follows its redirects, fills in its form, and returns the address back at our server. */
export async function signInAtProvider(location: string, login: string, visit: Visit = {}): Promise<URL> {
  const back = await visitProvider(location, login, visit)
  if (typeof back === 'string') throw new Error(`The provider answered ${back}`)
  return back
}

/** Returns the address that leaves the provider, or the page that does not redirect. */
async function visitProvider(location: string, login: string, { decline = false, cookies = new Map() }: Visit): Promise<URL | string> {
  const { origin } = new URL(location)
  let next = new URL(location)
  for (let steps = 0; steps < 10; steps++) {
    if (next.origin !== origin) return next
    const isForm = next.pathname.startsWith('/interaction/')
    const body = isForm ? new URLSearchParams({ login, ...(decline && { decline: '1' }) }) : undefined
    const answer = await request(next, cookies, body)
    const to = answer.headers.get('location')
    if (to === null) return answer.text()
    next = new URL(to, next)
  }
  throw new Error('The provider redirects without end.')
}

export const errorIn = (location: string) => ({
  error: paramsIn(location).get('error'),
  description: paramsIn(location).get('error_description'),
})
