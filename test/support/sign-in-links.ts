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

/** The links in messages to the address, oldest first: the path and query of each. */
export async function linksSentTo(server: TestServer, poolId: string, recipient = anaEmail): Promise<string[]> {
  const messages = (await messagesOf(server, poolId)).filter((sent) => sent.recipient === recipient && sent.trigger === 'sign-in-link')
  return messages.map(({ text }) => {
    const { pathname, search, searchParams } = new URL(/\((http[^)]+)\)/.exec(text ?? '')?.[1] ?? '')
    noteSecrets({ token: searchParams.get('token') })
    return pathname + search
  })
}

/** The newest link in a message to the address. */
export async function linkSentTo(server: TestServer, poolId: string, recipient = anaEmail): Promise<string> {
  const link = (await linksSentTo(server, poolId, recipient)).at(-1)
  if (link === undefined) throw new Error(`No link was sent to ${recipient}.`)
  return link
}

/** A pool as of givenLinkPool, and a browser in which `ana` has asked for a link. */
export async function givenAsked(server: TestServer, links: object = {}, pool: TestPoolOptions['pool'] = {}) {
  const given = await givenLinkPool(server, { pool }, links)
  const asked = await askForLink(server, requestOf(given.clientId))
  return { ...given, ...asked, link: await linkSentTo(server, given.poolId) }
}

export const deadLinkTitle = 'This link is not valid'

/** The code that the app gets, if the answer leads to the app. */
export const codeOf = (reply: Reply): string | null =>
  reply.headers.get('location')?.startsWith(callback) ? paramsIn(locationOf(reply)).get('code') : null
