import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListUserPoolClientsCommand } from '@aws-sdk/client-cognito-identity-provider'
import {
  bearer,
  givenInitialAccessToken,
  givenRegistered,
  givenRegistrationPool,
  openMode,
  publicApp,
  read,
  register,
  remove,
  setRegistration,
  update,
} from '../../support/client-registration.ts'
import { engines } from '../../support/engines.ts'
import { openKeySetServer } from '../../support/key-set-server.ts'
import { callback, encode, type Reply, send } from '../../support/oauth.ts'
import { givenStrictPool, newClientKey } from '../../support/strict.ts'
import { TestBrowser } from '../../support/test-browser.ts'
import { startTestServer, useTestServer } from '../../support/test-server.ts'

const errorOf = ({ status, body }: Reply) => [status, body['error']]
const byStatus = (answers: readonly Reply[]) => answers.map(({ status }) => status).sort()

function invalidMetadata(): readonly unknown[] {
  const { jwk, privateKey } = newClientKey()
  const keyed = { ...publicApp, token_endpoint_auth_method: 'private_key_jwt' }
  return [
    { ...publicApp, token_endpoint_auth_method: 'client_secret_jwt' },
    { ...publicApp, token_endpoint_auth_method: 7 },
    { ...publicApp, grant_types: ['implicit'], response_types: ['token'] },
    { ...publicApp, grant_types: ['authorization_code', 'client_credentials'] },
    { ...publicApp, grant_types: ['client_credentials'] },
    { ...publicApp, grant_types: ['refresh_token'] },
    { ...publicApp, grant_types: [] },
    { ...publicApp, grant_types: 'authorization_code' },
    { ...publicApp, response_types: ['code', 'code id_token'] },
    { ...publicApp, scope: 'openid aws.cognito.signin.user.admin' },
    { ...publicApp, scope: 'https://api.test/read' },
    { ...publicApp, scope: 'aws.cognito/dcr/register' },
    { ...publicApp, scope: ' ' },
    { ...publicApp, scope: ['openid'] },
    { ...publicApp, client_name: 'x'.repeat(257) },
    { ...publicApp, client_name: {} },
    { ...publicApp, contacts: 'ana@example.test' },
    { ...publicApp, contacts: Array(11).fill('a') },
    { ...publicApp, logo_uri: 'javascript:alert(1)' },
    { ...publicApp, client_uri: 'app' },
    { ...publicApp, require_pushed_authorization_requests: 'true' },
    keyed,
    { ...keyed, jwks: { keys: [jwk] }, jwks_uri: 'https://app.test/keys' },
    { ...keyed, jwks: { keys: [privateKey.export({ format: 'jwk' })] } },
    { ...keyed, jwks: { keys: [] } },
    { ...keyed, jwks_uri: 'http://app.test/keys' },
    { ...keyed, jwks_uri: 'https://169.254.169.254/' },
    { redirect_uris: callback },
    { redirect_uris: [7] },
    { redirect_uris: Array.from({ length: 101 }, (_, at) => `${callback}/${at}`) },
    [],
    'null',
    '7',
    '{',
    `{"redirect_uris":${'['.repeat(20_000)}`,
  ]
}

for (const engine of engines) {
  describe(`The metadata of a client on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are refused when they are wrong, each with the error of RFC 7591', async () => {
      const { poolId } = await givenRegistrationPool(server())
      const registered = await givenRegistered(server(), poolId)
      for (const metadata of invalidMetadata()) {
        const what = JSON.stringify(metadata).slice(0, 120)
        const answer = await register(server(), poolId, metadata)
        assert.deepEqual(errorOf(answer), [400, 'invalid_client_metadata'], `${what} ${answer.text}`)
        assert.match(String(answer.body['error_description']), /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, what)
        const change = typeof metadata === 'object' && !Array.isArray(metadata) ? { client_id: registered.clientId, ...metadata } : metadata
        assert.deepEqual(errorOf(await update(server(), registered.body, change)), [400, 'invalid_client_metadata'], what)
      }
      const statement = await register(server(), poolId, { ...publicApp, software_statement: 'e30.e30.' })
      assert.deepEqual(errorOf(statement), [400, 'invalid_software_statement'])
      assert.deepEqual((await read(server(), registered.body)).body, registered.body)
    })

    it('are refused for redirect URIs that could lead codes to others', async () => {
      const { poolId } = await givenRegistrationPool(server(), {
        ...openMode,
        AllowedRedirectHosts: ['app.test', '*.apps.test', '127.0.0.1'],
      })
      const refused = [
        'https://evil.test/callback',
        'https://app.test.evil.test/',
        'https://app.test@evil.test/',
        'https://ana:secret@app.test/',
        'https://app.test\\@evil.test#',
        'https://evil.test/?https://app.test/',
        'https://apps.test/',
        'https://evilapps.test/',
        'https://.apps.test/',
        'https://app.test./',
        'https://*.apps.test/',
        'https://sub.app.test/',
        'https://app.test/#fragment',
        'https://app.test/\n',
        ' https://app.test/',
        'https://ap\tp.test/',
        'https://аpp.test/',
        'http://app.test/',
        'http://127.0.0.1.evil.test/',
        'http://localhost:3000/',
        'javascript:alert(1)//app.test',
        'data:text/html,x',
        'com.example.app:/callback',
        'app.test/callback',
        '//app.test/callback',
        '/callback',
      ]
      for (const uri of refused) {
        for (const metadata of [
          { ...publicApp, redirect_uris: [callback, uri] },
          { ...publicApp, post_logout_redirect_uris: [uri] },
        ]) {
          const answer = await register(server(), poolId, metadata)
          assert.deepEqual(errorOf(answer), [400, 'invalid_redirect_uri'], JSON.stringify(uri))
        }
      }
      for (const metadata of [{}, { redirect_uris: [] }, { redirect_uris: null }]) {
        assert.deepEqual(errorOf(await register(server(), poolId, metadata)), [400, 'invalid_redirect_uri'])
      }
      for (const uri of ['https://a.apps.test/cb', 'https://b.a.apps.test/', 'http://127.0.0.1:3000/cb', 'https://APP.test/']) {
        assert.equal((await register(server(), poolId, { ...publicApp, redirect_uris: [uri] })).status, 201, uri)
      }
    })

    it('follow the rules of CreateUserPoolClient where the pool names no hosts', async () => {
      const { poolId } = await givenRegistrationPool(server(), { Mode: 'INITIAL_ACCESS_TOKEN' })
      const { token } = await givenInitialAccessToken(server(), poolId, { Uses: 10 })
      const answer = async (uri: string) => (await register(server(), poolId, { ...publicApp, redirect_uris: [uri] }, bearer(token))).status
      for (const uri of ['com.example.app:/callback', 'https://any.test/', 'http://localhost:3000/'])
        assert.equal(await answer(uri), 201, uri)
      for (const uri of ['javascript:alert(1)', 'http://any.test/', 'https://any.test/#x']) assert.equal(await answer(uri), 400, uri)
    })

    it('give no scope beyond those of the pool, neither at once nor later', async () => {
      const { poolId } = await givenRegistrationPool(server(), { ...openMode, AllowedScopes: ['openid'] })
      const { body, clientId } = await givenRegistered(server(), poolId)
      assert.equal(body['scope'], 'openid')
      const more = { ...publicApp, client_id: clientId, scope: 'openid email' }
      assert.deepEqual(errorOf(await update(server(), body, more)), [400, 'invalid_client_metadata'])
      const query = { response_type: 'code', client_id: clientId, redirect_uri: callback, scope: 'openid email' }
      const { headers } = await new TestBrowser(server()).visit(`/oauth2/authorize?${encode(query)}`)
      assert.match(headers.get('location') ?? '', /error=invalid_scope/)
      await setRegistration(server(), poolId, { ...openMode, AllowedScopes: ['openid', 'https://api.test/gone'] })
      assert.equal((await update(server(), body, { ...more, scope: undefined })).body['scope'], 'openid')
      const unknown = { ...more, scope: 'https://api.test/gone' }
      assert.deepEqual(errorOf(await update(server(), body, unknown)), [400, 'invalid_client_metadata'])
    })

    it('fetch nothing when a client names an address of this machine or of its network', async () => {
      const { poolId } = await givenRegistrationPool(server())
      const { state, port } = await openKeySetServer([newClientKey().jwk])
      const fetched = `http://127.0.0.1:${port}/keys`
      const information = { logo_uri: fetched, client_uri: fetched, tos_uri: fetched, policy_uri: fetched, sector_identifier_uri: fetched }
      const { body } = await givenRegistered(server(), poolId, { ...publicApp, ...information })
      await read(server(), body)
      assert.equal(state.fetches, 0)
    })
  })

  describe(`The right to register clients on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('needs a token of this pool that is neither used up, expired nor deleted', async () => {
      const settings = { Mode: 'INITIAL_ACCESS_TOKEN' }
      const { poolId } = await givenRegistrationPool(server(), settings)
      const other = await givenRegistrationPool(server(), settings)
      const { token } = await givenInitialAccessToken(server(), poolId, { LifetimeHours: 1 })
      const foreign = await givenInitialAccessToken(server(), other.poolId)
      const { token: registrationToken } = await givenRegistered(server(), other.poolId, publicApp, bearer(foreign.token))
      const unused = await givenInitialAccessToken(server(), other.poolId)
      const ask = (headers: Record<string, string>) => register(server(), poolId, publicApp, headers)
      const wrong = [
        {},
        { authorization: token },
        { authorization: `Basic ${token}` },
        ...[
          unused.token,
          registrationToken,
          `${token}x`,
          token.slice(0, -1),
          token.slice(0, 36),
          `${token.slice(0, 37)}${'A'.repeat(43)}`,
        ].map(bearer),
        bearer('x'.repeat(5000)),
        bearer(`${token}, Bearer ${token}`),
      ]
      for (const headers of wrong) {
        const answer = await ask(headers)
        assert.deepEqual([answer.status, answer.body], [401, { error: 'invalid_token' }])
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
      }
      // A refused registration uses nothing up.
      assert.equal((await register(server(), poolId, {}, bearer(token))).status, 400)
      assert.equal((await ask(bearer(token))).status, 201)
      assert.equal((await ask(bearer(token))).status, 401)
      const late = await givenInitialAccessToken(server(), poolId, { LifetimeHours: 1 })
      server().clock.advance(3_600_000)
      assert.equal((await ask(bearer(late.token))).status, 401)
    })

    it('is used up once, also by requests at the same time', async () => {
      const { poolId } = await givenRegistrationPool(server(), { Mode: 'INITIAL_ACCESS_TOKEN' })
      const { token } = await givenInitialAccessToken(server(), poolId, { Uses: 2 })
      const answers = await Promise.all(Array.from({ length: 6 }, () => register(server(), poolId, publicApp, bearer(token))))
      assert.deepEqual(byStatus(answers), [201, 201, 401, 401, 401, 401])
    })

    it('ends at MaxClients, also for requests at the same time, and counts only clients that exist', async () => {
      const { poolId } = await givenRegistrationPool(server(), { ...openMode, MaxClients: 3 })
      const answers = await Promise.all(Array.from({ length: 8 }, () => register(server(), poolId, publicApp)))
      assert.deepEqual(byStatus(answers), [201, 201, 201, 403, 403, 403, 403, 403])
      const refused = answers.find(({ status }) => status === 403)
      const description = 'the pool has as many clients as it may have'
      assert.deepEqual(refused?.body, { error: 'access_denied', error_description: description })
      const { UserPoolClients = [] } = await server().send(new ListUserPoolClientsCommand({ UserPoolId: poolId, ClientType: 'DCR' }))
      assert.equal(UserPoolClients.length, 3)
      const registered = answers.find(({ status }) => status === 201)
      assert.equal((await remove(server(), registered?.body ?? {})).status, 204)
      assert.equal((await register(server(), poolId, publicApp)).status, 201)
    })

    it('ends at the quota of app clients', async () => {
      await using own = await startTestServer(engine, { flags: ['--quotas', '{"appClientsPerPool": 3}'] })
      const { poolId } = await givenStrictPool(own)
      await setRegistration(own, poolId, openMode)
      assert.equal((await register(own, poolId, publicApp)).status, 201)
      assert.deepEqual(errorOf(await register(own, poolId, publicApp)), [403, 'access_denied'])
    })

    it('is refused past the rate of the pool, which other pools do not share', async () => {
      await using own = await startTestServer(engine, { flags: ['--rate-limits', '1'] })
      const { poolId } = await givenStrictPool(own)
      const other = await givenStrictPool(own)
      for (const id of [poolId, other.poolId]) await setRegistration(own, id, { ...openMode, MaxClients: 1000 })
      const answers = []
      // The clock of the server stands still. The rate of UserPoolClientUpdate is 15 a second.
      for (let at = 0; at < 30; at++) answers.push(await register(own, poolId, publicApp))
      const allowed = answers.filter(({ status }) => status === 201).length
      assert.ok(allowed >= 15 && allowed <= 18, String(allowed))
      assert.deepEqual(errorOf(answers.at(-1) as Reply), [429, 'temporarily_unavailable'])
      assert.equal((await register(own, other.poolId, publicApp)).status, 201)
    })
  })

  describe(`The body of a registration on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('is bounded, and is JSON', async () => {
      const { poolId } = await givenRegistrationPool(server())
      const path = `/${poolId}/oauth2/register`
      const post = (body: string, headers: Record<string, string>) => send(server(), path, { method: 'POST', body, headers })
      const large = JSON.stringify({ ...publicApp, pad: 'x'.repeat(70_000) })
      assert.deepEqual(errorOf(await post(large, { 'content-type': 'application/json' })), [413, 'invalid_request'])
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx']) {
        assert.deepEqual(errorOf(await post(JSON.stringify(publicApp), { 'content-type': type })), [400, 'invalid_request'], type)
      }
      const withCharset = await post(JSON.stringify(publicApp), { 'content-type': 'Application/JSON; charset=utf-8' })
      assert.equal(withCharset.status, 201)
    })

    it('may have a name of any characters', async () => {
      const { poolId } = await givenRegistrationPool(server())
      for (const client_name of ['\u0000', '\ud800', '<script>alert(1)</script>', '😀'.repeat(100), ' ', '__proto__']) {
        const { body } = await givenRegistered(server(), poolId, { ...publicApp, client_name })
        assert.equal(typeof body['client_name'], 'string')
        assert.equal((await read(server(), body)).status, 200)
      }
    })
  })
}
