import { noteSecrets } from './evidence.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { callback, type Reply, send } from './oauth.ts'
import { givenStrictPool } from './strict.ts'
import type { TestServer } from './test-server.ts'

/** Sets which clients may register themselves in the pool. */
export const setRegistration = (server: TestServer, poolId: string, ClientRegistration: object, Manner = 'STRICT') =>
  callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner, ClientRegistration } })

/** Mode OPEN for the host of the tests' callback. */
export const openMode = { Mode: 'OPEN', AllowedRedirectHosts: ['app.test', '127.0.0.1'] }

/** A pool of manner strict with the user ana, whose clients may register themselves. */
export async function givenRegistrationPool(server: TestServer, settings: object = openMode) {
  const given = await givenStrictPool(server)
  await setRegistration(server, given.poolId, settings)
  return given
}

export async function givenInitialAccessToken(server: TestServer, poolId: string, options: object = {}) {
  const answer = await callLifeguard(server, 'CreateInitialAccessToken', { UserPoolId: poolId, ...options })
  noteSecrets({ accessToken: answer.Token })
  return { token: String(answer.Token), id: String(answer.InitialAccessToken.InitialAccessTokenId), answer }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

type Headers = Readonly<Record<string, string>>

const sendJson = (server: Pick<TestServer, 'url'>, method: string, path: string, body: unknown, headers: Headers): Promise<Reply> =>
  send(server, path, {
    method,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

/** Sends metadata to the registration endpoint of the pool. */
export const register = (server: Pick<TestServer, 'url'>, poolId: string, metadata: unknown, headers: Headers = {}) =>
  sendJson(server, 'POST', `/${poolId}/oauth2/register`, metadata, headers)

export const publicApp = { redirect_uris: [callback], token_endpoint_auth_method: 'none' }

type Registered = Readonly<Record<string, unknown>>

/** A client that registered itself. */
export async function givenRegistered(
  server: Pick<TestServer, 'url'>,
  poolId: string,
  metadata: object = publicApp,
  headers: Headers = {},
) {
  const { status, body, text } = await register(server, poolId, metadata, headers)
  if (status !== 201) throw new Error(`${status} ${text}`)
  return { clientId: String(body['client_id']), token: String(body['registration_access_token']), body }
}

const pathOf = (registered: Registered) => new URL(String(registered['registration_client_uri'])).pathname
const ownToken = (registered: Registered) => String(registered['registration_access_token'])

/** Asks for what the client has registered, with its own token or another one. */
export const read = (server: Pick<TestServer, 'url'>, registered: Registered, token = ownToken(registered)) =>
  send(server, pathOf(registered), { headers: bearer(token) })

export const update = (server: Pick<TestServer, 'url'>, registered: Registered, metadata: unknown, token = ownToken(registered)) =>
  sendJson(server, 'PUT', pathOf(registered), metadata, bearer(token))

export const remove = (server: Pick<TestServer, 'url'>, registered: Registered, token = ownToken(registered)) =>
  send(server, pathOf(registered), { method: 'DELETE', headers: bearer(token) })
