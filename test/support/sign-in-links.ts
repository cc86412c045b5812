import assert from 'node:assert/strict'
import { noteSecrets } from './evidence.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { callback, encode, givenOAuthPool, type Reply } from './oauth.ts'
import { attributeList, messagesOf, type Values } from './self-service.ts'
import { givenUser } from './sign-in.ts'
import { formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from './test-browser.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

export const anaEmail = 'ana@example.test'
export const verifiedEmail: Values = { email: anaEmail, email_verified: 'true' }

export const linkPool = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } } }
export const linkClient = { ExplicitAuthFlows: ['ALLOW_USER_AUTH' as const] }

export const enableLinks = (server: TestServer, poolId: string, links: object = {}) =>
  callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: poolId, HostedPages: { SignInLinks: { Enabled: true, ...links } } })

/** A pool whose pages send links, and `ana`, who has a verified e-mail address. */
export async function givenLinkPool(server: TestServer, { pool, client }: TestPoolOptions = {}, links: object = {}, username = 'ana') {
  const given = await givenOAuthPool(server, { pool: { ...linkPool, ...pool }, client: { ...linkClient, ...client } })
  await enableLinks(server, given.poolId, links)
  await givenUser(server, given.poolId, username, { attributes: attributeList(verifiedEmail) })
  return given
}

export const requestOf = (clientId: string, more: Readonly<Record<string, string>> = {}) =>
  encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', state: 'the-state', ...more })

export const answer = (browser: TestBrowser, page: Reply, form: Readonly<Record<string, string>> = {}) =>
  browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...form })

export const follow = async (browser: TestBrowser, reply: Reply) => browser.visit(locationOf(reply))

/** Asks for a link on the sign-in page, in a new browser. Returns that browser with the page that it then shows. */
export async function askForLink(server: TestServer, query: string, username = 'ana', browser = new TestBrowser(server)) {
  const page = await browser.visit(`/login?${query}`)
  assert.ok(page.text.includes('Email me a link'))
  const sent = await browser.submit(`/login/link/send?${query}`, { ...hiddenFieldsIn(page), username })
  return { browser, sent: await follow(browser, sent) }
}

/** The newest link in a message to the address: its path and query. */
export async function linkSentTo(server: TestServer, poolId: string, recipient = anaEmail): Promise<string> {
  const message = (await messagesOf(server, poolId)).findLast((sent) => sent.recipient === recipient && sent.trigger === 'sign-in-link')
  const address = /\((http[^)]+)\)/.exec(message?.text ?? '')?.[1]
  if (address === undefined) throw new Error(`No link was sent to ${recipient}.`)
  const { pathname, search, searchParams } = new URL(address)
  noteSecrets({ token: searchParams.get('token') })
  return pathname + search
}

/** The code that the app gets, if the answer leads to the app. */
export const codeOf = (reply: Reply): string | null =>
  reply.headers.get('location')?.startsWith(callback) ? paramsIn(locationOf(reply)).get('code') : null
