import { fork } from 'node:child_process'
import { once } from 'node:events'
import { after } from 'node:test'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { appRequest } from './federation.ts'
import type { HostileAnswer, HostileRequest } from './hostile-provider-process.ts'
import { encode } from './oauth.ts'
import { locationOf, TestBrowser } from './test-browser.ts'
import type { TestServer } from './test-server.ts'

export type HostileProvider = {
  readonly issuer: string
  /** The key in its key set, with the id `k1`. */
  readonly key: CryptoKey
  readonly publicJwk: JWK
  /**
   * Sets all answers, by path. Those that are left out are the good ones. An answer for the path, a space and a code, or an `Authorization`,
   * is for requests with it only.
   */
  answer(answers?: Readonly<Record<string, HostileAnswer>>): Promise<void>
  /** The requests since the last call. */
  takeRequests(): Promise<readonly HostileRequest[]>
}

export const json = (value: unknown): HostileAnswer => ({ body: JSON.stringify(value) })

/** The members of a provider's metadata. */
export const metadataOf = (issuer: string, more: Readonly<Record<string, unknown>> = {}) => ({
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  userinfo_endpoint: `${issuer}/userinfo`,
  // All but the first invite to forge.
  id_token_signing_alg_values_supported: ['RS256', 'HS256', 'HS384', 'HS512', 'none', 'None', ''],
  ...more,
})

export const metadataPath = '/.well-known/openid-configuration'

/** Starts a provider that answers as the test says. Call it in a `describe`, with whose tests it ends. */
export async function runHostileProvider(): Promise<HostileProvider> {
  const child = fork(new URL('./hostile-provider-process.ts', import.meta.url), { silent: true })
  const [{ issuer }] = (await once(child, 'message')) as [{ issuer: string }]
  after(() => child.disconnect())
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const publicJwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
  const tell = async (message: object) => {
    child.send(message)
    const [answer] = (await once(child, 'message')) as [{ requests: readonly HostileRequest[] }]
    return answer.requests
  }
  const good = {
    [metadataPath]: json(metadataOf(issuer)),
    '/jwks': json({ keys: [publicJwk] }),
    '/userinfo': json({ sub: 'ana', email: 'ana@corp.test' }),
  }
  const provider: HostileProvider = {
    issuer,
    key: privateKey,
    publicJwk,
    answer: async (answers = {}) => void (await tell({ answers: { ...good, ...answers } })),
    takeRequests: () => tell({ takeRequests: true }),
  }
  await provider.answer()
  return provider
}

export type Claims = Readonly<Record<string, unknown>>

/** A sign-in that was begun: the browser is at the provider. */
export type Begun = {
  readonly browser: TestBrowser
  /** Where the browser was sent. */
  readonly location: URL
  readonly state: string
  /** The claims of a good ID token. */
  readonly claims: Claims
}

export async function beginAt(
  server: Pick<TestServer, 'url' | 'clock'>,
  provider: Pick<HostileProvider, 'issuer'>,
  clientId: string,
  more: Readonly<Record<string, string | undefined>> = {},
  browser = new TestBrowser(server),
): Promise<Begun> {
  const location = new URL(locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId, more))}`)))
  const now = Math.floor(server.clock.now() / 1000)
  const nonce = location.searchParams.get('nonce')
  const claims = { iss: provider.issuer, aud: 'lifeguard', sub: 'ana', iat: now, exp: now + 300, nonce }
  return { browser, location, state: location.searchParams.get('state') ?? '', claims }
}

export const signed = ({ key }: Pick<HostileProvider, 'key'>, claims: Claims, header: Readonly<Record<string, unknown>> = {}) =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(key)

export const tokenAnswer = (idToken: string | undefined, more: Claims = {}): HostileAnswer =>
  json({ access_token: 'an access token', token_type: 'Bearer', expires_in: 300, id_token: idToken, ...more })

/** The browser comes back from the provider with `parameters`. Returns where it is sent. */
export async function comeBack(
  { browser, state }: Pick<Begun, 'browser' | 'state'>,
  parameters: Readonly<Record<string, string | undefined>> = {},
) {
  return locationOf(await browser.visit(`/oauth2/idpresponse?${encode({ code: 'a code', state, ...parameters })}`))
}

type Forged = {
  /** The claims of the ID token, made of the good ones. */
  readonly claims?: (good: Claims) => Claims
  /** The whole ID token, made of its claims. */
  readonly idToken?: (claims: Claims) => Promise<string | undefined> | string | undefined
  readonly answers?: Readonly<Record<string, HostileAnswer>>
  /** Further parameters of the answer in the address. */
  readonly parameters?: Readonly<Record<string, string | undefined>>
}

/** A whole sign-in, in which the provider answers as `forged` says. Returns where the app is called back. */
export async function signInWithForged(
  server: TestServer,
  provider: HostileProvider,
  clientId: string,
  forged: Forged = {},
  request: Readonly<Record<string, string>> = {},
) {
  const { claims: forgeClaims = (good) => good, idToken = (claims) => signed(provider, claims), answers, parameters } = forged
  const begun = await beginAt(server, provider, clientId, request)
  await provider.answer({ '/token': tokenAnswer(await idToken(forgeClaims(begun.claims))), ...answers })
  return comeBack(begun, parameters)
}
