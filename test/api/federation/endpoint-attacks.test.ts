import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateIdentityProviderCommand } from '@aws-sdk/client-cognito-identity-provider'
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
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { codeClient, encode, givenClient } from '../../support/oauth.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const oneMegabyte = { body: ' '.repeat(1024), times: 1024 }

for (const engine of engines) {
  describe(`Endpoints of a hostile OpenID provider on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const [provider, other] = [await runHostileProvider(), await runHostileProvider()]
    let issuers = 0

    /** Begins a sign-in at an issuer of its own, because metadata is kept. Returns where the browser is sent. */
    const begin = async (metadata: (issuer: string) => HostileAnswer) => {
      const path = `/issuer-${++issuers}`
      const issuer = provider.issuer + path
      // The provider gives no answer at its set-up: what it answers would be refused.
      await provider.answer({ [path + metadataPath]: { manner: 'reset' } })
      const { poolId, clientId } = await givenFederatedPool(server(), provider, { more: { ProviderDetails: { oidc_issuer: issuer } } })
      await provider.answer({ [path + metadataPath]: metadata(issuer) })
      return { issuer, path, poolId, clientId, location: locationOf(await visitAuthorize(clientId)) }
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
        [
          'an authorization endpoint without TLS',
          (issuer) => json(metadataOf(issuer, { authorization_endpoint: 'http://corp.test/auth' })),
        ],
        ['a token endpoint without TLS', (issuer) => json(metadataOf(issuer, { token_endpoint: 'http://corp.test/token' }))],
        ['a key set without TLS', (issuer) => json(metadataOf(issuer, { jwks_uri: 'http://corp.test/jwks' }))],
        ['a user info endpoint without TLS', (issuer) => json(metadataOf(issuer, { userinfo_endpoint: 'http://corp.test/me' }))],
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
        assert.match(description ?? '', /^(Corp Error - .|Connection reset$|The provider names the issuer https:\/\/other)/, what)
        await provider.answer({ [path + metadataPath]: json(metadataOf(issuer)) })
        assert.ok(locationOf(await visitAuthorize(clientId)).startsWith(`${issuer}/auth?`), what)
      }
    })

    it('survives metadata whose lists are no lists', async () => {
      const names = [
        ...['code_challenge_methods_supported', 'id_token_signing_alg_values_supported', 'response_types_supported'],
        ...['token_endpoint_auth_methods_supported', 'authorization_response_iss_parameter_supported', 'scopes_supported'],
      ]
      for (const value of [7, 'S256 RS256', {}, [7, null], null, [], true]) {
        const more = Object.fromEntries(names.map((name) => [name, value]))
        const { issuer, poolId, location } = await begin((at) => json(metadataOf(at, more)))
        assert.ok(location.startsWith(`${issuer}/auth?`), JSON.stringify(value))
        const { Checks } = await callLifeguard(server(), 'CheckIdentityProvider', { UserPoolId: poolId, ProviderName: 'Corp' })
        assert.ok(Array.isArray(Checks), JSON.stringify(value))
      }
    })

    it('does not lead a logout to an address that is no such endpoint, and goes on to the app', async () => {
      const bye = 'https://app.test/bye'
      for (const end of ['javascript:alert(1)', 'data:text/html,x', 'http://corp.test/bye', '/bye', '', 7, {}, null]) {
        const { issuer, path, clientId, poolId } = await begin((at) => json(metadataOf(at, { end_session_endpoint: end })))
        const Federation = { Providers: { Corp: { SignOutAtProvider: true } } }
        await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Federation })
        const begun = await beginAt(server(), { issuer }, clientId)
        const answers = { [path + metadataPath]: json(metadataOf(issuer, { end_session_endpoint: end })) }
        await provider.answer({
          ...answers,
          [`${path}/jwks`]: json({ keys: [provider.publicJwk] }),
          [`${path}/token`]: tokenAnswer(await signed(provider, begun.claims)),
          [`${path}/userinfo`]: json({ sub: 'ana' }),
        })
        assert.match(await comeBack(begun), /code=/, JSON.stringify(end))
        const logout = `/logout?${encode({ client_id: clientId, logout_uri: bye })}`
        assert.equal(locationOf(await begun.browser.visit(logout)), bye, JSON.stringify(end))
      }
    })

    it('takes the issuer as its metadata writes it, with a slash that the settings lack', async () => {
      const answers = { [metadataPath]: json(metadataOf(other.issuer, { issuer: `${other.issuer}/` })) }
      await other.answer(answers)
      const { poolId, clientId } = await givenFederatedPool(server(), other)
      for (const [sub, iss, error] of [
        ['eve', other.issuer, 'invalid_request'],
        ['ana', `${other.issuer}/`, null],
      ] as const) {
        await other.answer(answers)
        const begun = await beginAt(server(), other, clientId)
        const idToken = await signed(other, { ...begun.claims, sub, iss })
        await other.answer({ ...answers, '/token': tokenAnswer(idToken), '/userinfo': json({ sub }) })
        assert.equal(errorIn(await comeBack(begun)).error, error)
      }
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_ana'])
    })

    it('keeps no more of SAML metadata than a provider needs', async () => {
      const metadata = (entityId: string, location: string, certificate: string) => ({
        body: `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}"><IDPSSODescriptor
          protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
          <X509Data><X509Certificate>${certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService
          Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${location}"/></IDPSSODescriptor></EntityDescriptor>`,
      })
      const [id, location, certificate] = ['urn:corp', 'https://sso.corp.test/', 'A'.repeat(4096)]
      const rows = [
        [metadata('u'.repeat(1025), location, certificate), /entity id/],
        [metadata(id, location + 'x'.repeat(2048), certificate), /SingleSignOnService/],
        [metadata(id, 'javascript:alert(1)', certificate), /SingleSignOnService/],
        [metadata(id, location, 'A'.repeat(4097)), /certificate/],
        [metadata(id, location, 'A'.repeat(600_000)), /^Error retrieving metadata/],
      ] as const
      for (const [answer, text] of rows) {
        const ProviderDetails = { MetadataURL: `${provider.issuer}/saml-${++issuers}` }
        const { poolId } = await server().givenPool()
        const corp = { UserPoolId: poolId, ProviderName: 'Corp', ProviderType: 'SAML', ProviderDetails } as const
        const path = new URL(ProviderDetails.MetadataURL).pathname
        await provider.answer({ [path]: { manner: 'reset' } })
        await server().send(new CreateIdentityProviderCommand(corp))
        const { clientId } = await givenClient(server(), poolId, { ...codeClient, SupportedIdentityProviders: ['Corp'] })
        await provider.answer({ [path]: answer })
        assert.match(errorIn(locationOf(await visitAuthorize(clientId))).description ?? '', text)
        await provider.answer({ [path]: metadata(id, location, certificate) })
        assert.ok(locationOf(await visitAuthorize(clientId)).startsWith(location))
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

    it('refuses statuses that no answer should have', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      for (const path of ['/token', '/jwks', '/userinfo']) {
        for (const status of [201, 204, 205, 226, 304, 418, 599, 600, 999]) {
          const answers = { [path]: { status, body: status === 204 || status === 304 ? '' : '{}' } }
          const { error } = errorIn(await signInWithForged(server(), provider, clientId, { answers }))
          assert.equal(error, 'invalid_request', `${path} ${status}`)
        }
      }
      assert.deepEqual(await usernamesIn(server(), poolId), [])
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
}
