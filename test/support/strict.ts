import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import { callLifeguard } from './lifeguard-operations.ts'
import { callback, givenOAuthPool, requestToken } from './oauth.ts'
import { givenUser } from './sign-in.ts'
import { TestBrowser } from './test-browser.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

/** A pool of manner strict with the user ana and a client for the code flow. */
export async function givenStrictPool(server: TestServer, options: TestPoolOptions = {}) {
  const given = await givenOAuthPool(server, options)
  await callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: given.poolId, OAuth: { Manner: 'STRICT' } })
  await givenUser(server, given.poolId, 'ana')
  return given
}

type Client = { readonly clientId: string; readonly secret?: string }

/** The answer of the token endpoint after ana has signed in on the hosted pages. `more` are members of the authorization request. */
export async function signInForTokens(server: TestServer, client: Client, more: Readonly<Record<string, string | undefined>> = {}) {
  const request = { response_type: 'code', client_id: client.clientId, redirect_uri: callback, scope: 'openid', ...more }
  return redeemCode(server, client, (await new TestBrowser(server).signIn(request, 'ana')).searchParams.get('code') ?? '')
}

/** The answer of the token endpoint to a code, for a client with or without a secret. */
export async function redeemCode(server: Pick<TestServer, 'url'>, { clientId, secret }: Client, code: string) {
  const client_secret = secret === '' ? undefined : secret
  const form = { grant_type: 'authorization_code', client_id: clientId, client_secret, redirect_uri: callback, code }
  return (await requestToken(server, form)).body
}

/** The tokens of ana after a sign-in on the hosted pages, for a client with or without a secret. */
export async function givenHostedTokens(server: TestServer, client: Client, scope = 'openid') {
  const body = await signInForTokens(server, client, { scope })
  return {
    accessToken: String(body['access_token']),
    refreshToken: String(body['refresh_token']),
    idToken: String(body['id_token']),
  }
}

/** The server as `oauth4webapi` sees it after discovery, and the option that allows HTTP. */
export async function discover(server: Pick<TestServer, 'url'>, poolId: string) {
  const options = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(`${server.url}/${poolId}`)
  return { as: await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options)), options }
}

export type ClientKey = { readonly kid: string; readonly privateKey: KeyObject; readonly jwk: Record<string, unknown> }

/** A key of a client for signatures by ES256. */
export function newClientKey(kid = 'one'): ClientKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } }
}

/** Registers the keys of a client. */
export const setClientKeys = (server: Pick<TestServer, 'url'>, poolId: string, clientId: string, keys: readonly object[]) =>
  callLifeguard(server, 'SetUserPoolClientExtensions', { UserPoolId: poolId, ClientId: clientId, PrivateKeyJwt: { Keys: { keys } } })

/** A client assertion (RFC 7523 §3). `claims` replace the default ones; undefined ones are left out. */
export function signAssertion(
  { kid, privateKey }: Pick<ClientKey, 'kid' | 'privateKey'>,
  { clientId, audience, now }: { clientId: string; audience: string; now: number },
  claims: Record<string, unknown> = {},
): Promise<string> {
  const iat = Math.floor(now / 1000)
  const all = { iss: clientId, sub: clientId, aud: audience, iat, exp: iat + 60, jti: randomUUID(), ...claims }
  return new SignJWT(JSON.parse(JSON.stringify(all))).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
}

export const assertionForm = (client_assertion: string) => ({
  client_assertion,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
})

/** A proof (RFC 9449 §4.2). `claims` and `header` replace the default members; undefined ones are left out. */
export function signProof(
  { privateKey, jwk: { kid: _kid, ...jwk } }: Pick<ClientKey, 'privateKey' | 'jwk'>,
  { method = 'POST', url, now }: { method?: string; url: string; now: number },
  { claims = {}, header = {} }: { claims?: Record<string, unknown>; header?: Record<string, unknown> } = {},
): Promise<string> {
  const all = { htm: method, htu: url, iat: Math.floor(now / 1000), jti: randomUUID(), ...claims }
  const protectedHeader = JSON.parse(JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header }))
  return new SignJWT(JSON.parse(JSON.stringify(all))).setProtectedHeader(protectedHeader).sign(privateKey)
}
