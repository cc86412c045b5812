import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  DeleteIdentityProviderCommand,
  DeleteUserPoolClientCommand,
  DeleteUserPoolCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { givenFederatedPool, givenProvider, providerClient, tokensFor, usernamesIn } from '../../support/federation.ts'
import {
  type Begun,
  beginAt,
  comeBack,
  json,
  metadataOf,
  metadataPath,
  runHostileProvider,
  signed,
  tokenAnswer,
} from '../../support/hostile-provider.ts'
import { codeClient, encode, givenClient } from '../../support/oauth.ts'
import { errorIn, runOpenIdProvider, signInAtProvider } from '../../support/openid-provider.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

/** Where a browser is sent whose answer belongs to no sign-in of its own. */
const lost = '/error?error=invalid_request'

for (const engine of engines) {
  describe(`Answers of identity providers that somebody else brings on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const certified = await runOpenIdProvider()
    const [provider, attacker] = [await runHostileProvider(), await runHostileProvider()]

    const begin = (clientId: string, more = {}, browser = new TestBrowser(server())) => beginAt(server(), provider, clientId, more, browser)
    /** The provider will sign the user of `begun` in. */
    const signInAs = async ({ claims }: Begun, sub = 'ana') =>
      provider.answer({ '/token': tokenAnswer(await signed(provider, { ...claims, sub })), '/userinfo': json({ sub }) })
    const authorize = (clientId: string, more: Readonly<Record<string, string>>) =>
      new TestBrowser(server()).visit(
        `/oauth2/authorize?${encode({ client_id: clientId, redirect_uri: 'https://app.test/callback', response_type: 'code', ...more })}`,
      )

    it('are worth nothing in another browser, twice, or with a state that was changed', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      const begun = await begin(clientId)
      await signInAs(begun)
      const victim = new TestBrowser(server())
      assert.equal(await comeBack({ browser: victim, state: begun.state }), lost, 'a browser without a cookie')
      const own = await begin(clientId, {}, victim)
      assert.equal(await comeBack({ browser: victim, state: begun.state }), lost, 'a browser with a sign-in of its own')
      const [client = '', random = ''] = begun.state.split('.')
      const states = [
        '',
        's',
        client,
        `${client}.`,
        `${client}.${random.slice(1)}`,
        `${client}.${'A'.repeat(43)}`,
        `x.${random}`,
        `${client}.${random}.`,
        `${begun.state}\0`,
        "' or 1=1 --",
        'a'.repeat(10_000),
      ]
      for (const state of states) assert.equal(await comeBack({ ...begun, state }), lost, state.slice(0, 60))
      assert.deepEqual(await usernamesIn(server(), poolId), [])
      assert.match(await comeBack(begun), /\?code=/)
      assert.equal(await comeBack(begun), lost, 'the same answer again')
      assert.notEqual(own.state, begun.state)
    })

    it('are used once, when the browser brings two at the same time', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      const begun = await begin(clientId)
      await signInAs(begun)
      await provider.takeRequests()
      const ends = await Promise.all(Array.from({ length: 5 }, () => comeBack(begun)))
      assert.equal(ends.filter((location) => /\?code=/.test(location)).length, 1)
      assert.equal(ends.filter((location) => location === lost).length, 4)
      assert.equal((await provider.takeRequests()).filter(({ path }) => path === '/token').length, 1)
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_ana'])
    })

    it('cannot use a code or an ID token that was meant for another sign-in', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      const [theirs, own] = [await begin(clientId), await begin(clientId)]
      await signInAs(theirs, 'victim')
      assert.match(errorIn(await comeBack(own, { code: 'the code of the victim' })).description ?? '', /^Corp Error - /)
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('cannot use an ID token of another sign-in for which the app had chosen the same nonce', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      // The address that begins a sign-in has the nonce, so an attacker can repeat one.
      const [theirs, own] = [await begin(clientId, { nonce: 'n-1' }), await begin(clientId, { nonce: 'n-1' })]
      await signInAs(theirs, 'victim')
      assert.match(errorIn(await comeBack(own, { code: 'the code of the victim' })).description ?? '', /^Corp Error - /)
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('bind the code to the browser by PKCE where the provider knows it', async () => {
      const path = '/pkce'
      const metadata = metadataOf(provider.issuer + path, {
        token_endpoint: `${provider.issuer}/token`,
        code_challenge_methods_supported: ['plain', 'S256'],
      })
      await provider.answer({ [path + metadataPath]: json(metadata) })
      const { clientId } = await givenFederatedPool(server(), provider, {
        more: { ProviderDetails: { oidc_issuer: provider.issuer + path } },
      })
      await provider.takeRequests()
      for (const begun of [await begin(clientId), await begin(clientId)]) {
        assert.equal(begun.location.searchParams.get('code_challenge_method'), 'S256')
        await comeBack(begun)
      }
      const verifiers = (await provider.takeRequests())
        .filter(({ path: called }) => called === '/token')
        .map(({ body }) => new URLSearchParams(body).get('code_verifier'))
      assert.equal(new Set(verifiers).size, 2)
      for (const verifier of verifiers) assert.match(verifier ?? '', /^[\w-]{43}$/)
    })

    it('come from the provider that was asked, although another one has the same client id', async () => {
      const { poolId } = await givenFederatedPool(server(), provider)
      await givenProvider(server(), attacker, poolId, { ProviderName: 'Evil' })
      const { clientId } = await givenClient(server(), poolId, { ...codeClient, SupportedIdentityProviders: ['Corp', 'Evil'] })
      await provider.answer({ '/token': { status: 400 } })
      const atEvil = await beginAt(server(), attacker, clientId, { identity_provider: 'Evil' })
      await attacker.answer({ '/token': tokenAnswer(await signed(provider, { ...atEvil.claims, iss: provider.issuer })) })
      assert.match(errorIn(await comeBack(atEvil)).description ?? '', /^Evil Error - /, 'a token that the other provider has signed')
      const forged = await beginAt(server(), attacker, clientId, { identity_provider: 'Evil' })
      await attacker.answer({ '/token': tokenAnswer(await signed(attacker, { ...forged.claims, iss: provider.issuer })) })
      assert.match(errorIn(await comeBack(forged)).description ?? '', /^Evil Error - /, 'the issuer of the other provider')
      const wrongIss = await beginAt(server(), attacker, clientId, { identity_provider: 'Evil' })
      await attacker.answer({ '/token': tokenAnswer(await signed(attacker, wrongIss.claims)) })
      assert.match(errorIn(await comeBack(wrongIss, { iss: provider.issuer })).description ?? '', /^Evil Error - /, 'iss of RFC 9207')
      const repeated = await beginAt(server(), attacker, clientId, { identity_provider: 'Evil' })
      const query = `code=c&state=${repeated.state}&iss=${encodeURIComponent(attacker.issuer)}&iss=${encodeURIComponent(provider.issuer)}`
      assert.equal(locationOf(await repeated.browser.visit(`/oauth2/idpresponse?${query}`)), lost, 'iss twice')
      assert.deepEqual(await usernamesIn(server(), poolId), [])
      assert.deepEqual(
        (await provider.takeRequests()).filter(({ path }) => path === '/token'),
        [],
      )

      const good = await beginAt(server(), attacker, clientId, { identity_provider: 'Evil' })
      await attacker.answer({ '/token': tokenAnswer(await signed(attacker, good.claims)) })
      assert.match(await comeBack(good, { iss: attacker.issuer }), /\?code=/)
      assert.deepEqual(await usernamesIn(server(), poolId), ['Evil_ana'])
    })

    it('need the issuer where the provider says that it names itself (RFC 9207)', async () => {
      const path = '/with-iss'
      const issuer = provider.issuer + path
      const metadata = metadataOf(issuer, { authorization_response_iss_parameter_supported: true })
      await provider.answer({ [path + metadataPath]: json(metadata) })
      const { clientId } = await givenFederatedPool(server(), provider, { more: { ProviderDetails: { oidc_issuer: issuer } } })
      await provider.takeRequests()
      for (const parameters of [{}, { iss: provider.issuer }, { iss: `${issuer}/` }]) {
        assert.match(errorIn(await comeBack(await begin(clientId), parameters)).description ?? '', /^Corp Error - /)
      }
      assert.deepEqual(
        (await provider.takeRequests()).filter(({ path: called }) => called.endsWith('/token')),
        [],
      )
    })

    it('lead to the address of the app only, whatever they say', async () => {
      const { clientId } = await givenFederatedPool(server(), provider)
      const evil = 'https://evil.test/'
      for (const more of [{ RelayState: evil }, { redirect_uri: evil }, { RelayState: `client_id=${clientId}&redirect_uri=${evil}` }]) {
        const begun = await begin(clientId)
        await signInAs(begun)
        assert.match(await comeBack(begun, more), /^https:\/\/app\.test\/callback\?code=/)
      }
      const forms: readonly Readonly<Record<string, string>>[] = [
        { RelayState: evil },
        { RelayState: `//evil.test` },
        { state: evil, code: 'c' },
        { SAMLResponse: 'x', RelayState: `client_id=${clientId}&redirect_uri=${evil}&response_type=code&identity_provider=Corp` },
      ]
      for (const form of forms) {
        for (const path of ['/oauth2/idpresponse', '/saml2/idpresponse']) {
          const { headers, status } = await new TestBrowser(server()).submit(path, form)
          assert.equal(status, 302)
          assert.match(headers.get('location') ?? '', /^\/error\?error=(invalid_request|redirect_mismatch)/)
        }
      }
      const begun = await begin(clientId)
      const { headers, status } = await begun.browser.submit('/oauth2/idpresponse', { state: begun.state, code: 'c' })
      assert.deepEqual([status, headers.get('location')], [303, `/oauth2/idpresponse?state=${begun.state}`])
      const refused = locationOf(await authorize(clientId, { identity_provider: 'Corp', redirect_uri: evil }))
      assert.match(refused, /^\/error\?error=redirect_mismatch/)
    })

    it('that come by form are kept once, for the browser that began', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      const begun = await begin(clientId)
      await signInAs(begun)
      const stranger = new TestBrowser(server())
      await stranger.submit('/oauth2/idpresponse', { state: begun.state, error: 'access_denied' })
      await stranger.submit('/oauth2/idpresponse', { state: begun.state, code: 'later' })
      assert.equal(locationOf(await stranger.visit(`/oauth2/idpresponse?state=${begun.state}`)), lost)
      const location = await comeBack(begun)
      assert.equal(errorIn(location).error, 'access_denied', 'the first form counts')
      assert.deepEqual(await usernamesIn(server(), poolId), [])
      const tooLong = await stranger.submit('/oauth2/idpresponse', { state: begun.state, code: 'c'.repeat(200_000) })
      assert.equal(tooLong.status, 413)
      const tooMany = await stranger.submit(
        '/oauth2/idpresponse',
        `state=${begun.state}&${Array.from({ length: 200 }, (_, at) => `p${at}=1`).join('&')}`,
      )
      assert.equal(locationOf(tooMany), lost)
    })

    it('pass the words of the provider on, and nothing that does not fit into an address', async () => {
      const { clientId } = await givenFederatedPool(server(), provider)
      const words = `<script>alert(1)</script>&error=none&code=stolen#x\r\nset-cookie: a=b ${'ü'.repeat(1000)}`
      const location = await comeBack(await begin(clientId), { code: undefined, error: 'interaction_required', error_description: words })
      assert.equal(errorIn(location).description, words.slice(0, 500))
      assert.equal(new URL(location).searchParams.get('code'), null)
      assert.match(location, /^[\x21-\x7e]+$/)
      const begun = await begin(clientId)
      await provider.answer({ '/token': { ...json({ error: 'x'.repeat(100_000), error_description: 'y'.repeat(100_000) }), status: 400 } })
      assert.ok((await comeBack(begun)).length < 2000)
    })

    it('are refused when the provider, the client or the pool is gone by then', async () => {
      const unavailable = { error: 'invalid_request', description: 'The identity provider is not available for this client.' }
      const changes: readonly (readonly [string, (ids: { UserPoolId: string; ClientId: string }) => Promise<unknown>, boolean])[] = [
        ['provider', ({ UserPoolId }) => server().send(new DeleteIdentityProviderCommand({ UserPoolId, ProviderName: 'Corp' })), true],
        ['offer', (ids) => server().send(new UpdateUserPoolClientCommand({ ...ids, ...codeClient })), true],
        ['client', (ids) => server().send(new DeleteUserPoolClientCommand(ids)), false],
        ['pool', ({ UserPoolId }) => server().send(new DeleteUserPoolCommand({ UserPoolId })), false],
      ]
      for (const [what, change, knowsApp] of changes) {
        const { poolId, clientId } = await givenFederatedPool(server(), provider)
        const begun = await begin(clientId)
        await signInAs(begun)
        await change({ UserPoolId: poolId, ClientId: clientId })
        const location = await comeBack(begun)
        if (knowsApp) assert.deepEqual(errorIn(location), unavailable, what)
        else assert.equal(location, lost, what)
        if (what !== 'pool') assert.deepEqual(await usernamesIn(server(), poolId), [], what)
      }
    })

    it('are taken by a server that was started meanwhile, also those by form', async () => {
      const { clientId } = await givenFederatedPool(server(), provider)
      const begun = await begin(clientId)
      await signInAs(begun)
      await server().restart()
      await begun.browser.submit('/oauth2/idpresponse', { state: begun.state, code: 'c' })
      await server().restart()
      assert.match(await comeBack(begun, { code: undefined }), /\?code=/)
    })

    it('end in an error when the pool is deleted while they are verified', async () => {
      const triggers = endpoint.given({
        InboundFederation: async (event) => {
          await server().send(new DeleteUserPoolCommand({ UserPoolId: event.userPoolId }))
          return event
        },
      })
      const { clientId } = await givenFederatedPool(server(), provider, { pool: { LambdaConfig: triggers.lambdaConfig } })
      const begun = await begin(clientId)
      await signInAs(begun)
      assert.equal(errorIn(await comeBack(begun)).error, 'invalid_request')
      assert.equal(await comeBack(begun), lost)
    })

    it('are refused by a certified provider, too, when the code belongs to another sign-in', async () => {
      await certified.open({ clients: [providerClient(server())], accounts: [{ sub: 'ana' }, { sub: 'eve' }] })
      const { poolId, clientId } = await givenFederatedPool(server(), certified)
      const [own, theirs] = [await beginAt(server(), certified, clientId), await beginAt(server(), certified, clientId)]
      const code = (await signInAtProvider(theirs.location.href, 'eve')).searchParams.get('code') ?? ''
      assert.equal(
        errorIn(await comeBack(own, { code, iss: certified.issuer })).description,
        'Corp Error - 400 invalid_grant grant request is invalid',
      )
      assert.match(errorIn(await comeBack(theirs, { code, iss: provider.issuer })).description ?? '', /^Corp Error - /)
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('give the app its own state and nonce back, never those of the provider', async () => {
      const { clientId } = await givenFederatedPool(server(), provider)
      const begun = await begin(clientId, { state: 'of the app', nonce: 'n-1' })
      await signInAs(begun)
      const location = await comeBack(begun)
      assert.equal(new URL(location).searchParams.get('state'), 'of the app')
      assert.equal((await tokensFor(server(), clientId, location)).claims['nonce'], 'n-1')
    })
  })
}
