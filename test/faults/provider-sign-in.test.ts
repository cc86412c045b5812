import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminListGroupsForUserCommand,
  type CognitoIdentityProviderClient,
  CreateIdentityProviderCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { LifeguardProcess } from '../cli/lifeguard-process.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { appRequest, providerClient, signInByProvider } from '../support/federation.ts'
import { runHostileProvider } from '../support/hostile-provider.ts'
import { codeClient, encode } from '../support/oauth.ts'
import { errorIn, type RunningOpenIdProvider, runOpenIdProvider } from '../support/openid-provider.ts'
import { startProductionServer } from '../support/production-server.ts'
import { rawCall } from '../support/raw-call.ts'
import { openConnection } from '../support/raw-connection.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { locationOf, TestBrowser } from '../support/test-browser.ts'
import { sdkClient } from '../support/test-server.ts'
import { until } from '../support/until.ts'
import { givenInstallation } from './installation.ts'

type Sdk = Pick<CognitoIdentityProviderClient, 'send'>

async function givenPoolOf({ send }: Sdk, issuer: string) {
  const { UserPool } = await send(new CreateUserPoolCommand({ PoolName: 'federated' }))
  const UserPoolId = UserPool?.Id ?? ''
  const ProviderDetails = {
    client_id: 'lifeguard',
    client_secret: 'the secret of our client there',
    authorize_scopes: 'openid email',
    attributes_request_method: 'GET',
    oidc_issuer: issuer,
  }
  const AttributeMapping = { email: 'email' }
  await send(
    new CreateIdentityProviderCommand({ UserPoolId, ProviderName: 'Corp', ProviderType: 'OIDC', ProviderDetails, AttributeMapping }),
  )
  const client = {
    ...codeClient,
    SupportedIdentityProviders: ['COGNITO', 'Corp'],
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const],
  }
  const { UserPoolClient } = await send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'app', ...client }))
  return { UserPoolId, clientId: UserPoolClient?.ClientId ?? '' }
}

/** The users of the pool: username to `sub`. */
async function usersIn({ send }: Sdk, UserPoolId: string): Promise<ReadonlyMap<string, string>> {
  const { Users = [] } = await send(new ListUsersCommand({ UserPoolId }))
  assert.equal(new Set(Users.map(({ Username }) => Username)).size, Users.length)
  return new Map(Users.map(({ Username = '', Attributes = [] }) => [Username, Attributes.find(({ Name }) => Name === 'sub')?.Value ?? '']))
}

const lanes = 8

/** Signs in new users in parallel, and kills the server after some sign-ins were answered. */
async function signInUntilKilled(child: LifeguardProcess, clientId: string, round: number, enough: number) {
  const server = { url: await child.url() }
  const [answered, begun] = [new Set<string>(), new Set<string>()]
  const lane = async (number: number) => {
    for (let turn = 0; turn < 2 && !child.child.killed; turn++) {
      const login = `user-${round}-${number}-${turn}`
      begun.add(login)
      const location = await signInByProvider(server, appRequest(clientId), login).catch(() => undefined)
      if (location === undefined) return
      assert.match(location, /\?code=/)
      answered.add(login)
      if (answered.size >= enough) child.child.kill('SIGKILL')
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
  await child.stop('SIGKILL')
  return { answered, begun }
}

async function openFor(provider: RunningOpenIdProvider, server: { readonly url: string }): Promise<void> {
  const names = [0, 1].flatMap((round) =>
    Array.from({ length: lanes }, (_, lane) => [0, 1].map((turn) => `user-${round}-${lane}-${turn}`)).flat(),
  )
  const accounts = names.map((sub) => ({ sub, email: `${sub}@corp.test` }))
  await provider.open({ clients: [providerClient(server)], accounts })
}

for (const engine of engines) {
  describe(`A server that is killed during sign-ins by a provider on ${engine.name}`, async () => {
    const provider = await runOpenIdProvider()

    it('loses no user and makes none twice', { timeout: 240_000 }, async (t) => {
      await using installation = await givenInstallation(engine)
      const start = () => new LifeguardProcess(['dev', ...installation.argv])
      const { UserPoolId, clientId } = await withServer(start(), async ({ url, sdk }) => {
        await openFor(provider, { url })
        return givenPoolOf(sdk, provider.issuer)
      })
      for (const [round, enough] of [1, 5].entries()) {
        const child = start()
        await openFor(provider, { url: await child.url() })
        const { answered, begun } = await signInUntilKilled(child, clientId, round, enough)
        await withServer(start(), async ({ url, sdk }) => {
          const before = await usersIn(sdk, UserPoolId)
          for (const login of answered) assert.ok(before.has(`Corp_${login}`), `${login} was signed in and is lost`)
          for (const [Username] of before) {
            const { Groups = [] } = await sdk.send(new AdminListGroupsForUserCommand({ UserPoolId, Username }))
            assert.equal(Groups.length, 1, 'no user is half there')
          }
          await openFor(provider, { url })
          for (const login of begun) assert.match(await signInByProvider({ url }, appRequest(clientId), login), /\?code=/)
          const after = await usersIn(sdk, UserPoolId)
          for (const [username, sub] of before) assert.equal(after.get(username), sub)
          for (const login of begun) assert.ok(after.has(`Corp_${login}`))
          t.diagnostic(`${answered.size} of ${begun.size} sign-ins were answered before the kill`)
        })
      }
    })
  })

  describe(`A provider that is down on ${engine.name}`, async () => {
    const provider = await runHostileProvider()
    const many = 60

    it('fails its own sign-ins in time, and holds up no other requests', { timeout: 120_000 }, async () => {
      await using running = await runGuarded(engine, provider.issuer)
      const { server, UserPoolId, clientId, sdk } = running
      await givenUser(sdk, UserPoolId, 'ana')
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
      const isServed = async () => {
        const request = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }
        return (await rawCall(server, 'InitiateAuth', request)).status === 200
      }
      const path = `/oauth2/authorize?${encode(appRequest(clientId))}`
      await provider.answer()
      const begun = []
      while (begun.length < many) begun.push(await beginIn(server, path))
      await provider.answer({ '/token': { manner: 'hang' } })
      await provider.takeRequests()
      const visits = begun.map(({ browser, state }) => browser.visit(`/oauth2/idpresponse?${encode({ code: 'c', state })}`))
      let ended = 0
      for (const visit of visits) visit.then(({ status }) => (ended += status === 302 ? 1 : 0))
      await until('the provider was asked', async () => (await provider.takeRequests()).length > 0)
      await until('another request is served', isServed)
      assert.equal(ended, 0, 'the sign-ins still wait')
      // A slow machine may turn some of so many away.
      const answers = (await Promise.all(visits)).filter(({ status }) => status !== 503)
      assert.ok(answers.length > 0)
      for (const answer of answers) {
        assert.equal(errorIn(locationOf(answer)).description, 'Timeout occurred in calling IdP token endpoint')
      }
    })
  })

  describe(`Sign-ins by a provider beyond the capacity of the server on ${engine.name}`, async () => {
    const provider = await runHostileProvider()

    it('are all answered, by a redirect or 503, and later ones succeed', { timeout: 120_000 }, async (t) => {
      await using running = await runGuarded(engine, provider.issuer)
      const { server, clientId } = running
      const path = `/oauth2/authorize?${encode(appRequest(clientId))}`
      const state = `${clientId}.${'a'.repeat(43)}`
      const requests = [path, `/oauth2/idpresponse?code=c&state=${state}`, `/saml2/idpresponse?RelayState=${state}`]
      for (const request of requests) {
        // How many are too many at once depends on the machine.
        t.diagnostic(`${await floodWith(server.url, request)} of ${connections * requestsEach} were turned away`)
        const { location } = await beginIn(server, path)
        assert.ok(location.startsWith(`${provider.issuer}/auth?`))
      }
    })
  })
}

const connections = 60
const requestsEach = 40

/** Sends many requests at once. Each has to be answered with a redirect or with 503. Returns how many were answered 503. */
async function floodWith(url: string, path: string): Promise<number> {
  const request = (connection: string) => `GET ${path} HTTP/1.1\r\nhost: id.example.test\r\nconnection: ${connection}\r\n\r\n`
  const all = Array.from({ length: connections }, () => openConnection(url))
  for (const connection of all) connection.send(request('keep-alive').repeat(requestsEach - 1) + request('close'))
  const texts = await Promise.all(all.map((connection) => connection.ended()))
  const answers = texts.flatMap((text) => text.split(/(?=HTTP\/1\.1 \d{3} )/))
  const busy = answers.filter((answer) => answer.startsWith('HTTP/1.1 503 '))
  for (const answer of busy) assert.match(answer, /^retry-after: 1\r$/im)
  assert.equal(answers.filter((answer) => answer.startsWith('HTTP/1.1 302 ')).length + busy.length, connections * requestsEach)
  return busy.length
}

async function withServer<T>(process: LifeguardProcess, work: (server: { url: string; sdk: Sdk }) => Promise<T>): Promise<T> {
  await using child = process
  const url = await child.url()
  const sdk = sdkClient(url, 'us-east-1')
  try {
    return await work({ url, sdk: { send: sdk.send.bind(sdk) } })
  } finally {
    sdk.destroy()
  }
}

/** A server in production with a pool whose provider is at the loopback address `issuer`. */
async function runGuarded(engine: TestEngine, issuer: string) {
  const server = await startProductionServer(engine, { flags: ['--private-identity-providers', issuer] })
  const client = server.client(await server.createKey())
  const sdk = { send: client.send.bind(client) } as Sdk
  return { server, sdk, ...(await givenPoolOf(sdk, issuer)), [Symbol.asyncDispose]: () => server.close() }
}

async function beginIn(server: { readonly url: string }, path: string) {
  const browser = new TestBrowser(server)
  const location = locationOf(await browser.visit(path))
  return { browser, location, state: new URL(location).searchParams.get('state') ?? '' }
}
