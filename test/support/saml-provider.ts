import { fork } from 'node:child_process'
import { once } from 'node:events'
import { after } from 'node:test'
import type { SamlLogoutStart, SamlSetUp } from './saml-provider-process.ts'
import { hiddenFieldsIn } from './test-browser.ts'

export type RunningSamlProvider = {
  readonly origin: string
  /** Begins, or begins anew, with these settings. Returns the metadata. */
  open(setUp: SamlSetUp): Promise<string>
}

/** Starts a SAML identity provider in a process of its own. Call it in a `describe`, with whose tests it ends, and `open` before use. */
export async function runSamlProvider(): Promise<RunningSamlProvider> {
  const child = fork(new URL('./saml-provider-process.ts', import.meta.url), { silent: true })
  const [{ origin }] = (await once(child, 'message')) as [{ origin: string }]
  after(() => child.disconnect())
  return {
    origin,
    async open(setUp) {
      child.send({ open: setUp })
      const [{ metadata }] = (await once(child, 'message')) as [{ metadata: string }]
      return metadata
    },
  }
}

/** The form that the provider makes the browser send, after a sign-in there as `login`. */
export async function samlFormFor(location: string, login: string): Promise<{ SAMLResponse: string; RelayState: string }> {
  const { origin, search } = new URL(location)
  const answer = await fetch(`${origin}/sso`, { method: 'POST', body: new URLSearchParams({ query: search, login }) })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`The provider answered ${answer.status}: ${text}`)
  const { SAMLResponse = '', RelayState = '' } = hiddenFieldsIn({ text } as Parameters<typeof hiddenFieldsIn>[0])
  return { SAMLResponse, RelayState }
}

/** The answer of the provider to a LogoutRequest: the form that it makes the browser send, or the address that it sends the browser to. */
export async function samlLogoutAnswerFor(
  location: string,
): Promise<{ form: { SAMLResponse: string; RelayState: string }; to: string | null }> {
  const answer = await fetch(location, { redirect: 'manual' })
  const text = await answer.text()
  if (answer.status !== 200 && answer.status !== 302) throw new Error(`The provider answered ${answer.status}: ${text}`)
  const { SAMLResponse = '', RelayState = '' } = hiddenFieldsIn({ text } as Parameters<typeof hiddenFieldsIn>[0])
  return { form: { SAMLResponse, RelayState }, to: answer.headers.get('location') }
}

/** A LogoutRequest of the provider: the address that it sends the browser to, or the form that it makes the browser send. */
export async function beginLogoutAt(
  { origin }: Pick<RunningSamlProvider, 'origin'>,
  start: SamlLogoutStart,
): Promise<{ readonly id: string; readonly to?: string; readonly form?: Readonly<Record<string, string>> }> {
  const answer = await fetch(`${origin}/begin-slo`, { method: 'POST', body: JSON.stringify(start) })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`The provider answered ${answer.status}: ${text}`)
  return JSON.parse(text) as { id: string }
}

export type ReadLogoutAnswer = {
  readonly inResponseTo: string
  readonly destination: string
  readonly issuer: string
  readonly status: readonly string[]
  readonly relayState: string | null
}

/** What the provider reads in our LogoutResponse. It refuses one that we have not signed. */
export async function readLogoutAnswerAt(
  { origin }: Pick<RunningSamlProvider, 'origin'>,
  answer: { readonly query: string } | { readonly form: Readonly<Record<string, string>> },
): Promise<ReadLogoutAnswer> {
  const reply =
    'query' in answer
      ? await fetch(`${origin}/slo-answer${answer.query}`)
      : await fetch(`${origin}/slo-answer`, { method: 'POST', body: new URLSearchParams(answer.form) })
  const text = await reply.text()
  if (reply.status !== 200) throw new Error(`The provider answered ${reply.status}: ${text}`)
  return JSON.parse(text) as ReadLogoutAnswer
}
