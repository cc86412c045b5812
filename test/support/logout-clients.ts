import { callLifeguard } from './lifeguard-operations.ts'
import type { LogoutApp } from './logout-apps.ts'
import { basic, callback, codeClient, encode, givenClient, requestToken } from './oauth.ts'
import { claimsOf } from './sign-in.ts'
import { locationOf, paramsIn, type TestBrowser } from './test-browser.ts'
import type { TestServer } from './test-server.ts'

/** An app client of the pool, for an app at its origin. */
export async function givenAppClient(server: Pick<TestServer, 'send'>, poolId: string, app: { readonly origin: string }) {
  const urls = { CallbackURLs: [callback, `${app.origin}/callback`], LogoutURLs: [`${app.origin}/bye`] }
  return givenClient(server, poolId, { ...codeClient, ...urls, GenerateSecret: true })
}

/** Sets how the client learns of the end of sessions. */
export const setLogout = (server: Pick<TestServer, 'url'>, poolId: string, clientId: string, sections: object) =>
  callLifeguard(server, 'SetUserPoolClientExtensions', { UserPoolId: poolId, ClientId: clientId, ...sections })

/** A client for the app, which is told of the end of sessions by the back channel. */
export async function givenConnectedClient(server: Pick<TestServer, 'url' | 'send' | 'clock'>, poolId: string, app: LogoutApp) {
  const client = await givenAppClient(server, poolId, app)
  app.connect(server, { poolId, clientId: client.clientId })
  await setLogout(server, poolId, client.clientId, { BackChannelLogout: { Uri: `${app.origin}/backchannel`, SessionRequired: true } })
  return client
}

type Client = { readonly clientId: string; readonly secret: string }

/** Signs ana in to the client in this browser, by the browser's session if it has one. Returns her tokens and the `sid` of the session. */
export async function signInTo(
  server: Pick<TestServer, 'url'>,
  browser: TestBrowser,
  client: Client,
  more: Readonly<Record<string, string>> = {},
) {
  const back = await authorizeFor(browser, client, more)
  const { body, status } = await redeemCode(server, client, back)
  if (status !== 200) throw new Error(`The token endpoint answered ${JSON.stringify(body)}`)
  const [idToken, refreshToken, accessToken] = [body['id_token'], body['refresh_token'], body['access_token']].map(String) as [
    string,
    string,
    string,
  ]
  return { idToken, refreshToken, accessToken, sid: String(claimsOf(idToken)['sid']) }
}

/** The address with the code for the client. */
export async function authorizeFor(browser: TestBrowser, { clientId }: Client, more: Readonly<Record<string, string>> = {}) {
  const { username = 'ana', ...rest } = more
  const request = { client_id: clientId, redirect_uri: callback, response_type: 'code', scope: 'openid', ...rest }
  const location = locationOf(await browser.visit(`/oauth2/authorize?${encode(request)}`))
  return location.startsWith('/login') ? locationOf(await browser.submitLogin(location, username)) : location
}

export function redeemCode(server: Pick<TestServer, 'url'>, { clientId, secret }: Client, back: string) {
  const form = { grant_type: 'authorization_code', redirect_uri: callback, code: paramsIn(back).get('code') ?? '' }
  return requestToken(server, form, basic(clientId, secret))
}
