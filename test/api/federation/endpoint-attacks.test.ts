import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { describe, it } from 'node:test'
import {
  CreateIdentityProviderCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { appRequest, givenFederatedPool, usernamesIn } from '../../support/federation.ts'
import {
  beginAt,
  comeBack,
  json,
  metadataOf,
  metadataPath,
  runHostileProvider,
  signed,
  signInWithForged,
  tokenAnswer,
} from '../../support/hostile-provider.ts'
import type { HostileAnswer } from '../../support/hostile-provider-process.ts'
import { codeClient, encode } from '../../support/oauth.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { startProductionServer } from '../../support/production-server.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const oneMegabyte = { body: ' '.repeat(1024), times: 1024 }

for (const engine of engines) {
  describe(`Endpoints of a hostile OpenID provider on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runHostileProvider()
    let issuers = 0

    /** Begins a sign-in at an issuer of its own, because metadata is kept. Returns where the browser is sent. */
    const begin = async (metadata: (issuer: string) => HostileAnswer) => {
      const path = `/issuer-${++issuers}`
      const issuer = provider.issuer + path
      await provider.answer({ [path + metadataPath]: metadata(issuer) })
      const { clientId } = await givenFederatedPool(server(), provider, { more: { ProviderDetails: { oidc_issuer: issuer } } })
      return { issuer, path, clientId, location: locationOf(await visitAuthorize(clientId)) }
    }
    const visitAuthorize = (clientId: string) => new TestBrowser(server()).visit(`/oauth2/authorize?${encode(appRequest(clientId))}`)

    it('refuses metadata that is wrong, and asks again at the next sign-in', async () => {
      const rows: readonly (readonly [string, (issuer: string) => HostileAnswer])[] = [
        ['the metadata of another issuer', () => json(metadataOf('https://other.test'))],
        ['no key set', (issuer) => json(metadataOf(issuer, { jwks_uri: undefined }))],
        ['no authorization endpoint', (issuer) => json(metadataOf(issuer, { authorization_endpoint: undefined }))],
        [
          'an authorization endpoint that is a script',
          (issuer) => json(metadataOf(issuer, { authorization_endpoint: 'javascript:alert(1)' })),
        ],
        ['an authorization endpoint that is data', (issuer) => json(metadataOf(issuer, { authorization_endpoint: 'data:text/html,x' }))],
        ['an authorization endpoint that is a number', (issuer) => json(metadataOf(issuer, { authorization_endpoint: 7 }))],
        ['an authorization endpoint that is no URL', (issuer) => json(metadataOf(issuer, { authorization_endpoint: '/auth' }))],
        ['no token endpoint', (issuer) => json(metadataOf(issuer, { token_endpoint: undefined }))],
        ['no JSON', () => ({ body: '{' })],
        ['a list', () => json([])],
        ['null', () => json(null)],
        ['HTML', () => ({ body: '<p>', headers: { 'content-type': 'text/html' } })],
        ['a redirect', () => ({ status: 302, headers: { location: provider.issuer + metadataPath } })],
        ['a fault', () => ({ status: 500 })],
        ['one megabyte', () => oneMegabyte],
        ['far more than metadata needs', (issuer) => json(metadataOf(issuer, { service_documentation: 'x'.repeat(300_000) }))],
        ['a connection that ends', () => ({ manner: 'reset' })],
      ]
      for (const [what, metadata] of rows) {
        const { issuer, path, clientId, location } = await begin(metadata)
        const { error, description } = errorIn(location)
        assert.equal(error, 'invalid_request', `${what}: ${location}`)
        assert.match(description ?? '', /^(Corp Error - .|Connection reset$)/, what)
        await provider.answer({ [path + metadataPath]: json(metadataOf(issuer)) })
        assert.ok(locationOf(await visitAuthorize(clientId)).startsWith(`${issuer}/auth?`), what)
      }
    })

    it('follows no redirect with a code, a token or a key set', async () => {
      const { clientId } = await givenFederatedPool(server(), provider)
      await provider.takeRequests()
      for (const path of ['/token', '/jwks', '/userinfo']) {
        for (const status of [301, 302, 303, 307, 308]) {
          const answers = {
            [path]: { status, headers: { location: `${provider.issuer}/trap` } },
            '/trap': json({ keys: [provider.publicJwk] }),
          }
          const { error, description } = errorIn(await signInWithForged(server(), provider, clientId, { answers }))
          assert.equal(error, 'invalid_request')
          assert.match(description ?? '', new RegExp(`^Corp Error - .*${status}`), `${path} ${status}`)
        }
      }
      const paths = (await provider.takeRequests()).map(({ path }) => path)
      assert.ok(paths.includes('/userinfo'))
      assert.ok(!paths.includes('/trap'))
    })

    it('gives up on answers that are too long or too slow', { timeout: 120_000 }, async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      for (const path of ['/token', '/jwks', '/userinfo']) {
        const { description } = errorIn(await signInWithForged(server(), provider, clientId, { answers: { [path]: oneMegabyte } }))
        assert.match(description ?? '', /^Corp Error - the answer is too long/, path)
      }
      const slow: readonly (readonly [string, HostileAnswer, string])[] = [
        ['/token', { manner: 'drip' }, 'Timeout occurred in calling IdP token endpoint'],
        ['/jwks', { manner: 'hang' }, 'Timeout in calling jwks uri'],
        ['/userinfo', { manner: 'drip' }, 'Read timed out'],
      ]
      for (const [path, answer, text] of slow) {
        const started = performance.now()
        const { error, description } = errorIn(await signInWithForged(server(), provider, clientId, { answers: { [path]: answer } }))
        assert.deepEqual([error, description], ['invalid_request', text])
        assert.ok(performance.now() - started < 20_000)
      }
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('sends the client secret to the token endpoint only, and the access token to the user info only', async () => {
      const { clientId } = await givenFederatedPool(server(), provider)
      await provider.takeRequests()
      await signInWithForged(server(), provider, clientId)
      for (const { path, authorization, body } of await provider.takeRequests()) {
        assert.equal(body.includes('client_secret='), path === '/token', path)
        assert.equal(authorization, path === '/userinfo' ? 'Bearer an access token' : '', path)
      }
    })

    it('accepts signatures of all public-key algorithms when the endpoints are written down by hand', async () => {
      const endpoints = { authorize_url: '/auth', token_url: '/token', attributes_url: '/userinfo', jwks_uri: '/jwks' }
      const ProviderDetails = Object.fromEntries(Object.entries(endpoints).map(([key, path]) => [key, provider.issuer + path]))
      const { poolId, clientId } = await givenFederatedPool(server(), provider, { more: { ProviderDetails } })
      await provider.takeRequests()
      const { alg: _alg, ...publicJwk } = provider.publicJwk
      for (const alg of ['RS256', 'none']) {
        const begun = await beginAt(server(), provider, clientId)
        const idToken =
          alg === 'none' ? `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.` : await signed(provider, begun.claims)
        await provider.answer({ '/token': tokenAnswer(idToken), '/jwks': json({ keys: [publicJwk] }) })
        assert.equal(errorIn(await comeBack(begun)).error, alg === 'none' ? 'invalid_request' : null)
      }
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_ana'])
      assert.ok((await provider.takeRequests()).every(({ path }) => path !== metadataPath))
    })
  })

  describe(`Addresses of identity providers in production on ${engine.name}`, async () => {
    const provider = await runHostileProvider()

    it('have to be public, whatever names them, unless the operator allows the origin', { timeout: 120_000 }, async () => {
      await using server = await startProductionServer(engine, { flags: ['--private-identity-providers', provider.issuer] })
      const owner = server.client(await server.createKey())
      const { UserPool } = await owner.send(new CreateUserPoolCommand({ PoolName: 'guarded' }))
      const UserPoolId = UserPool?.Id ?? ''
      const { port } = new URL(provider.issuer)
      const toName = `http://localhost:${port}`
      const base = { client_id: 'lifeguard', client_secret: 's', authorize_scopes: 'openid', attributes_request_method: 'GET' }
      const good = { ...base, oidc_issuer: provider.issuer }
      const endpoints = {
        authorize_url: `${provider.issuer}/auth`,
        token_url: `${provider.issuer}/token`,
        jwks_uri: `${provider.issuer}/jwks`,
      }
      const rows: readonly Readonly<Record<string, string>>[] = [
        ...['https://10.0.0.1', 'https://169.254.169.254', 'https://192.168.1.1/x', 'https://[::1]', 'https://[fd00::1]'],
        ...['https://[::ffff:127.0.0.1]', `https://2130706433:${port}`, `https://0x7f.1:${port}`, `https://0:${port}`, toName],
        ...[`https://${hostname()}:${port}`, `https://127.0.0.1:${port}`],
      ].map((oidc_issuer) => ({ ...base, oidc_issuer }))
      let count = 0
      const givenProvider = async (ProviderType: 'OIDC' | 'SAML', ProviderDetails: Record<string, string>) => {
        const ProviderName = `Corp${++count}`
        await owner.send(new CreateIdentityProviderCommand({ UserPoolId, ProviderName, ProviderType, ProviderDetails }))
        const client = { ...codeClient, UserPoolId, ClientName: ProviderName, SupportedIdentityProviders: [ProviderName] }
        const { UserPoolClient } = await owner.send(new CreateUserPoolClientCommand(client))
        return { ProviderName, request: appRequest(UserPoolClient?.ClientId ?? '', { identity_provider: ProviderName }) }
      }
      const visit = async (request: Readonly<Record<string, string | undefined>>, browser = new TestBrowser(server)) =>
        locationOf(await browser.visit(`/oauth2/authorize?${encode(request)}`))

      for (const details of rows) {
        const { ProviderName, request } = await givenProvider('OIDC', details)
        assert.equal(errorIn(await visit(request)).description, `${ProviderName} Error - address not allowed`, JSON.stringify(details))
        const saml = await givenProvider('SAML', { MetadataURL: `${details['oidc_issuer']}/metadata` })
        assert.match(errorIn(await visit(saml.request)).description ?? '', /^Error retrieving metadata from /)
      }
      assert.deepEqual(await provider.takeRequests(), [])

      for (const [key, path] of Object.entries({ token_url: 'token', jwks_uri: 'jwks', attributes_url: 'userinfo' })) {
        const { ProviderName, request } = await givenProvider('OIDC', { ...good, ...endpoints, [key]: `${toName}/${path}` })
        const browser = new TestBrowser(server)
        const location = new URL(await visit(request, browser))
        assert.equal(location.origin, provider.issuer)
        const [nonce, state] = [location.searchParams.get('nonce'), location.searchParams.get('state') ?? '']
        const now = Math.floor(server.clock.now() / 1000)
        const idToken = await signed(provider, { iss: provider.issuer, aud: 'lifeguard', sub: 'ana', iat: now, exp: now + 60, nonce })
        await provider.answer({ '/token': tokenAnswer(idToken) })
        const { description } = errorIn(await comeBack({ browser, state }))
        assert.equal(description, `${ProviderName} Error - address not allowed`, key)
      }
    })
  })
}
