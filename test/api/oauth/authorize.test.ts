import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolDomainCommand,
  DeleteUserPoolClientCommand,
  UpdateResourceServerCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callback, codeClient, encode, givenClient, givenOAuthPool, machineClient, send } from '../../support/oauth.ts'
import { givenUser } from '../../support/sign-in.ts'
import { locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`GET /oauth2/authorize on ${engine.name}`, () => {
    const server = useTestServer(engine)

    const ask = (query: string) => send(server(), `/oauth2/authorize?${query}`)
    const requestOf = (clientId: string, more: Readonly<Record<string, string | undefined>> = {}) => ({
      client_id: clientId,
      redirect_uri: callback,
      response_type: 'code',
      state: 's',
      ...more,
    })

    it('sends a user without a session to the sign-in page, with the same query', async () => {
      const { clientId } = await givenOAuthPool(server())
      const query = `${encode(requestOf(clientId))}&lang=de&x=%2B+%20`
      assert.equal(locationOf(await ask(query)), `/login?${query}`)
    })

    it('stays on its own pages when client or redirect URI cannot be used', async () => {
      const { poolId, clientId } = await givenOAuthPool(server(), { client: { CallbackURLs: [callback, 'https://app.test/a?b=c'] } })
      const off = await givenClient(server(), poolId, { ...codeClient, AllowedOAuthFlowsUserPoolClient: false })
      const gone = await givenClient(server(), poolId, codeClient)
      await server().send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: gone.clientId }))
      const page = (error: string, client?: string) => `/error?${encode({ error, client_id: client })}`
      const cases: readonly (readonly [string, string, string])[] = [
        ['no redirect URI', encode(requestOf(clientId, { redirect_uri: undefined })), page('redirect_mismatch', clientId)],
        ['a slash more', encode(requestOf(clientId, { redirect_uri: `${callback}/` })), page('redirect_mismatch', clientId)],
        ['a query more', encode(requestOf(clientId, { redirect_uri: `${callback}?x=1` })), page('redirect_mismatch', clientId)],
        ['another query', encode(requestOf(clientId, { redirect_uri: 'https://app.test/a?b=d' })), page('redirect_mismatch', clientId)],
        ['another case', encode(requestOf(clientId, { redirect_uri: 'https://APP.test/callback' })), page('redirect_mismatch', clientId)],
        [
          'user information',
          encode(requestOf(clientId, { redirect_uri: 'https://app.test@evil.test/callback' })),
          page('redirect_mismatch', clientId),
        ],
        ['a fragment', encode(requestOf(clientId, { redirect_uri: `${callback}#x` })), page('redirect_mismatch', clientId)],
        ['a relative address', encode(requestOf(clientId, { redirect_uri: '//evil.test' })), page('redirect_mismatch', clientId)],
        ['a script', encode(requestOf(clientId, { redirect_uri: 'javascript:alert(1)' })), page('redirect_mismatch', clientId)],
        ['two redirect URIs', `${encode(requestOf(clientId))}&redirect_uri=https%3A%2F%2Fevil.test`, page('invalid_request', clientId)],
        ['two clients', `${encode(requestOf(clientId))}&client_id=${clientId}`, page('invalid_request')],
        ['a client that may not use OAuth', encode(requestOf(off.clientId)), page('unauthorized_client', off.clientId)],
        ['a deleted client', encode(requestOf(gone.clientId)), page('unauthorized_client', gone.clientId)],
        ['a client id that is no id', encode(requestOf('<b>\r\nx: y')), page('unauthorized_client', '<b>\r\nx: y')],
      ]
      for (const [what, query, location] of cases) assert.equal(locationOf(await ask(query)), location, what)
    })

    it('answers 400 when no client is named', async () => {
      const { status, text } = await ask(encode({ redirect_uri: callback }))
      assert.equal(status, 400)
      assert.match(text, /Required String parameter &#39;client_id&#39; is not present/)
    })

    it('sends all other errors to the app, with the state', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      const token = await givenClient(server(), poolId, { ...codeClient, AllowedOAuthFlows: ['implicit'] })
      const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
      const cases: readonly (readonly [string, Readonly<Record<string, string | undefined>>, string])[] = [
        ['no response type', { response_type: undefined }, 'invalid_request'],
        ['an ID token only', { response_type: 'id_token' }, 'invalid_request'],
        ['a hybrid flow', { response_type: 'code id_token' }, 'invalid_request'],
        ['a challenge without a method', { code_challenge: challenge }, 'invalid_request'],
        ['a plain challenge', { code_challenge: challenge, code_challenge_method: 'plain' }, 'invalid_request'],
        ['a method without a challenge', { code_challenge_method: 'S256' }, 'invalid_request'],
        ['a challenge that is no hash', { code_challenge: 'short', code_challenge_method: 'S256' }, 'invalid_request'],
        ['an unknown scope', { scope: 'openid nothing' }, 'invalid_scope'],
        ['a scope that the client may not have', { scope: 'openid https://api.test/read' }, 'invalid_scope'],
        ['a malformed scope', { scope: '"openid"' }, 'invalid_scope'],
        ['a scope of claims without openid', { scope: 'email' }, 'invalid_scope'],
        ['an identity provider of others', { identity_provider: 'Google' }, 'invalid_request'],
        ['an identifier of an identity provider', { idp_identifier: 'example.test' }, 'invalid_request'],
        ['a resource that is no URL', { resource: 'orders' }, 'invalid_request'],
        ['a resource over HTTP', { resource: 'http://orders.test' }, 'invalid_request'],
        ['a resource with a fragment', { resource: 'https://orders.test/#x' }, 'invalid_request'],
        ['prompt=none with another prompt', { prompt: 'none login' }, 'invalid_request'],
        ['prompt=none without a session', { prompt: 'none' }, 'login_required'],
        ['a client of the implicit flow', { client_id: token.clientId }, 'unauthorized_client'],
      ]
      for (const [what, more, error] of cases) {
        const location = locationOf(await ask(encode(requestOf(clientId, more))))
        assert.ok(location.startsWith(`${callback}?`), what)
        assert.deepEqual([paramsIn(location).get('error'), paramsIn(location).get('state')], [error, 's'], what)
        assert.equal(paramsIn(location).has('code'), false, what)
      }
      const repeated = locationOf(await ask(`${encode(requestOf(clientId))}&scope=openid&scope=email`))
      assert.equal(repeated, `${callback}?state=s&error=invalid_request`)
    })

    it('sends errors of the implicit flow in the fragment', async () => {
      const { clientId } = await givenOAuthPool(server())
      const location = locationOf(await ask(encode(requestOf(clientId, { response_type: 'token' }))))
      assert.equal(location, `${callback}#state=s&error=unauthorized_client`)
    })

    it('adds to the query of a redirect URI, and leaves it as it is', async () => {
      const redirectUri = 'https://app.test/a?b=%7e&c'
      const { clientId } = await givenOAuthPool(server(), { client: { CallbackURLs: [redirectUri] } })
      const location = locationOf(await ask(encode(requestOf(clientId, { redirect_uri: redirectUri, prompt: 'none' }))))
      assert.equal(location, `${redirectUri}&state=s&error=login_required`)
    })

    it('calls back apps with a scheme of their own, and apps on this machine', async () => {
      const urls = ['myapp://signed-in', 'http://localhost:3000/cb', 'http://127.0.0.1:3000/cb', 'http://[::1]:3000/cb']
      const { clientId } = await givenOAuthPool(server(), { client: { CallbackURLs: urls } })
      for (const redirect_uri of urls) {
        const location = locationOf(await ask(encode(requestOf(clientId, { redirect_uri, prompt: 'none' }))))
        assert.equal(location, `${redirect_uri}?state=s&error=login_required`)
      }
    })

    it('leaves out a scope that its resource server no longer has, even if the app names it', async () => {
      const api = 'https://api.test/read'
      const { poolId, clientId } = await givenOAuthPool(server(), { client: { AllowedOAuthScopes: ['openid', api] } })
      await givenUser(server(), poolId, 'ana')
      await server().send(new UpdateResourceServerCommand({ UserPoolId: poolId, Identifier: 'https://api.test', Name: 'api', Scopes: [] }))
      const back = await new TestBrowser(server()).signIn(requestOf(clientId, { scope: `openid ${api}` }), 'ana')
      assert.ok(back.searchParams.has('code'))
      const location = locationOf(await ask(encode(requestOf(clientId, { scope: api }))))
      assert.equal(paramsIn(location).get('error'), 'invalid_scope')
    })

    it('ignores prompt and resource on the classic hosted UI', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      const Domain = `classic-${poolId.slice(-9).toLowerCase()}`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain, ManagedLoginVersion: 1 }))
      const query = encode(requestOf(clientId, { prompt: 'none', resource: 'orders' }))
      assert.equal(locationOf(await ask(query)), `/login?${query}`)
    })

    it('gives nothing to a client of client_credentials', async () => {
      const { poolId } = await givenOAuthPool(server())
      const machine = await givenClient(server(), poolId, machineClient)
      assert.equal(
        locationOf(await ask(encode(requestOf(machine.clientId)))),
        `/error?error=redirect_mismatch&client_id=${machine.clientId}`,
      )
    })

    it('answers HEAD and POST 405, so that they use nothing up', async () => {
      for (const method of ['HEAD', 'POST', 'OPTIONS']) {
        assert.equal((await send(server(), '/oauth2/authorize', { method })).status, 405)
      }
    })

    it('shows its own texts only on the error page', async () => {
      const { status, text, headers } = await send(server(), '/error?error=redirect_mismatch&client_id=x')
      assert.equal(status, 400)
      assert.match(text, /An error was encountered with the requested page\./)
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/)
      for (const error of ['Call +1 555 0100', '<b>x</b>', 'constructor']) {
        const { text } = await send(server(), `/error?${encode({ error, error_description: error })}`)
        assert.ok(!text.includes(error), error)
      }
    })
  })
}
