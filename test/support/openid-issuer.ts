import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { SignJWT } from 'jose'

const newKey = (kid: string) => ({ kid, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) })

/** Makes a signed token. A key without `kid` gives a token without it. `typ` is the type in the header. */
export function signedToken(
  key: { readonly kid?: string; readonly privateKey: KeyObject },
  claims: Record<string, unknown>,
  { typ }: { readonly typ?: string } = {},
) {
  const header = { alg: 'RS256', ...(key.kid !== undefined && { kid: key.kid }), ...(typ !== undefined && { typ }) }
  return new SignJWT(claims).setProtectedHeader(header).sign(key.privateKey)
}

/** An unsigned token, with the algorithm `none` (RFC 7519 §6). */
export function unsignedToken(claims: Record<string, unknown>): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${encode({ alg: 'none' })}.${encode(claims)}.`
}

export type OpenIdIssuer = Awaited<ReturnType<typeof openOpenIdIssuer>>

/** An OpenID Connect issuer on a loopback address, with a discovery document and one key. */
export async function openOpenIdIssuer() {
  const state = { key: newKey('first'), fetches: 0, answer: (body: object): string => JSON.stringify(body), status: 200 }
  const server = createServer((request, response) => {
    state.fetches++
    const key = { ...state.key.publicKey.export({ format: 'jwk' }), kid: state.key.kid, alg: 'RS256', use: 'sig' }
    const discovery = { issuer: url, jwks_uri: `${url}/keys` }
    const body = state.answer(request.url === '/keys' ? { keys: [key] } : discovery)
    response.writeHead(state.status, { 'content-type': 'application/json', 'cache-control': 'max-age=600' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const name = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const url = `http://${name}`
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    /** The key of `Logins`. */
    name,
    url,
    arn: `arn:aws:iam::123456789012:oidc-provider/${name}`,
    state,
    /** Replaces the key. */
    rotate(kid: string) {
      state.key = newKey(kid)
    },
    /** An ID token. `claims` replace the default ones. `typ` is the type in the header. */
    token: (now: number, claims: Record<string, unknown> = {}, header: { readonly typ?: string } = {}) =>
      signedToken(state.key, { ...openIdClaims(url, now), ...claims }, header),
  }
}

/** The claims of an ID token for the client `shop`. */
export function openIdClaims(iss: string, now: number): Record<string, unknown> {
  const iat = Math.floor(now / 1000)
  return { iss, sub: 'ana', aud: 'shop', iat, exp: iat + 3600 }
}
