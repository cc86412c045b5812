import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateUserPoolDomainCommand } from '@aws-sdk/client-cognito-identity-provider'
import * as oauth from 'oauth4webapi'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { basic, callback, codeClient, encode, givenClient, givenOAuthPool, post, requestToken } from '../../support/oauth.ts'
import { setWebAuthn } from '../../support/passkeys.ts'
import { claimsOf } from '../../support/sign-in.ts'
import { assertionForm, discover, givenStrictPool, newClientKey, setClientKeys, signAssertion } from '../../support/strict.ts'
import { csrfTokenIn, formActionIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`POST /oauth2/par on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const asked = { response_type: 'code', redirect_uri: callback, scope: 'openid email', state: 's', nonce: 'n' }
    const push = (form: Readonly<Record<string, string | undefined>>, headers: Readonly<Record<string, string>> = {}) =>
      post(server(), '/oauth2/par', form, headers)

    async function pushed(clientId: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
      const { status, body } = await push({ client_id: clientId, ...asked, ...more })
      assert.equal(status, 201, JSON.stringify(body))
      return String(body['request_uri'])
    }
    const addressOf = (clientId: string, request_uri: string, more: Readonly<Record<string, string>> = {}) =>
      `/oauth2/authorize?${encode({ client_id: clientId, request_uri, ...more })}`

    it('serves oauth4webapi from the pushed request to the tokens', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      const { as, options } = await discover(server(), poolId)
      const client = { client_id: clientId }
      const verifier = oauth.generateRandomCodeVerifier()
      const parameters = { ...asked, code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }
      const response = await oauth.pushedAuthorizationRequest(as, client, oauth.None(), new URLSearchParams(parameters), options)
      const { request_uri, expires_in } = await oauth.processPushedAuthorizationResponse(as, client, response)
      assert.equal(expires_in, 90)
      const back = await new TestBrowser(server()).signIn({ client_id: clientId, request_uri }, 'ana')
      const answer = oauth.validateAuthResponse(as, client, back, 's')
      const exchanged = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), answer, callback, verifier, options)
      const { id_token = '' } = (await exchanged.json()) as { id_token?: string }
      assert.equal(claimsOf(id_token)['nonce'], 'n')
    })

    it('leads through the page that adds a passkey, which a pushed request cannot name', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'localhost' })
      const query = encode({ client_id: clientId, request_uri: await pushed(clientId) })
      const browser = new TestBrowser(server())
      const login = locationOf(await browser.visit(`/passkeys/add?${query}`))
      assert.match(login, /^\/login\?.*then=passkeys/)
      const next = locationOf(await browser.submitLogin(login, 'ana'))
      assert.match(next, /^\/passkeys\/add\?/)
      const page = await browser.visit(next)
      const skipped = await browser.submit(formActionIn(page), { _csrf: csrfTokenIn(page), action: 'skip' })
      const back = locationOf(await browser.visit(locationOf(skipped)))
      assert.ok(back.startsWith(callback) && paramsIn(back).get('code'), back)
    })

    it('ignores parameters that the browser adds or changes', async () => {
      const { poolId, clientId } = await givenStrictPool(server(), { client: { CallbackURLs: [callback, 'https://other.test/cb'] } })
      const uri = await pushed(clientId)
      const changed = { scope: 'phone', redirect_uri: 'https://other.test/cb', state: 'evil', response_type: 'token' }
      const back = await new TestBrowser(server()).signIn({ client_id: clientId, request_uri: uri, ...changed }, 'ana')
      assert.deepEqual([back.origin + back.pathname, back.searchParams.get('state')], [callback, 's'])
      const code = back.searchParams.get('code') ?? ''
      const { body } = await requestToken(server(), {
        grant_type: 'authorization_code',
        client_id: clientId,
        redirect_uri: callback,
        code,
      })
      assert.equal(claimsOf(String(body['access_token']))['scope'], 'openid email')
      assert.ok(poolId)
    })

    it('answers a request once, also when two browsers bring it at the same time', async () => {
      const { clientId } = await givenStrictPool(server())
      const uri = await pushed(clientId)
      const browser = new TestBrowser(server())
      await browser.signIn({ client_id: clientId, request_uri: uri }, 'ana')
      assert.equal(locationOf(await browser.visit(addressOf(clientId, uri))), `/error?error=invalid_request&client_id=${clientId}`)
      const second = await pushed(clientId)
      const visits = await Promise.all([1, 2, 3].map(() => browser.visit(addressOf(clientId, second))))
      const codes = visits.map((visit) => new URL(locationOf(visit), 'http://x').searchParams.has('code'))
      assert.equal(codes.filter(Boolean).length, 1)
    })

    it('gives the client 90 seconds, and then the user an hour', async () => {
      const { clientId } = await givenStrictPool(server())
      const [late, open] = [await pushed(clientId), await pushed(clientId)]
      const browser = new TestBrowser(server())
      const login = locationOf(await browser.visit(addressOf(clientId, open)))
      server().clock.advance(90_000)
      assert.match(locationOf(await browser.visit(addressOf(clientId, late))), /^\/error\?error=invalid_request/)
      server().clock.advance(3_000_000)
      const back = new URL(locationOf(await browser.submitLogin(login, 'ana')))
      assert.equal(back.searchParams.get('state'), 's')
      const third = await pushed(clientId, { prompt: 'login' })
      const page = locationOf(await browser.visit(addressOf(clientId, third)))
      server().clock.advance(3_600_000)
      assert.match(locationOf(await browser.visit(page)), /^\/error\?error=invalid_request/)
    })

    it('lets a user choose an account once, and never skips prompt=login', async () => {
      const { clientId } = await givenStrictPool(server())
      const browser = new TestBrowser(server())
      await browser.signIn({ client_id: clientId, ...asked }, 'ana')
      const uri = await pushed(clientId, { prompt: 'select_account' })
      const choice = locationOf(await browser.visit(addressOf(clientId, uri)))
      assert.match(choice, /^\/select-account\?/)
      const page = await browser.visit(choice)
      const account = /name="account" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
      const chosen = await browser.submit(formActionIn(page), { _csrf: csrfTokenIn(page), account })
      const back = new URL(locationOf(await browser.visit(locationOf(chosen))))
      assert.ok(back.searchParams.get('code'))
      const strict = await pushed(clientId, { prompt: 'login' })
      assert.match(locationOf(await browser.visit(addressOf(clientId, strict, { account_chosen: '1' }))), /^\/login\?/)
    })

    it('refuses the request URIs of other clients and pools, and invented ones', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      const other = await givenClient(server(), poolId, codeClient)
      const elsewhere = await givenStrictPool(server())
      const browser = new TestBrowser(server())
      const uri = await pushed(clientId)
      for (const [id, request_uri] of [
        [other.clientId, uri],
        [elsewhere.clientId, uri],
        [clientId, `${uri}x`],
        [clientId, 'urn:ietf:params:oauth:request_uri:'],
      ] as const) {
        for (const path of ['/oauth2/authorize', '/login', '/select-account', '/challenge']) {
          const visit = await browser.visit(`${path}?${encode({ client_id: id, request_uri })}`)
          assert.match(locationOf(visit), /^\/error\?error=invalid_request/, `${path} ${id}`)
        }
      }
      assert.match(locationOf(await browser.visit(addressOf(clientId, uri))), /^\/login\?/)
    })

    it('refuses unpushed requests of a client that has to push, on all pages', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      const ids = { UserPoolId: poolId, ClientId: clientId }
      await callLifeguard(server(), 'SetUserPoolClientExtensions', { ...ids, PushedAuthorizationRequests: { Required: true } })
      const browser = new TestBrowser(server())
      for (const path of ['/oauth2/authorize', '/login', '/select-account', '/challenge', '/passkeys/add']) {
        const location = locationOf(await browser.visit(`${path}?${encode({ client_id: clientId, ...asked })}`))
        assert.match(location, /^https:\/\/app\.test\/callback\?.*error=invalid_request/, path)
      }
      const back = await browser.signIn({ client_id: clientId, request_uri: await pushed(clientId) }, 'ana')
      assert.ok(back.searchParams.get('code'))
    })

    it('refuses unpushed requests of all clients in a pool that demands pushed ones, and says so in its metadata', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      const isRequired = async () => (await discover(server(), poolId)).as.require_pushed_authorization_requests
      const demand = (OAuth: object) => callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth })
      assert.equal(await isRequired(), false)
      await demand({ Manner: 'STRICT', RequirePushedAuthorizationRequests: true })
      assert.equal(await isRequired(), true)
      const browser = new TestBrowser(server())
      const pages = ['/oauth2/authorize', '/login', '/select-account', '/challenge', '/passkeys/add', '/signup', '/forgotPassword']
      for (const path of pages) {
        const location = locationOf(await browser.visit(`${path}?${encode({ client_id: clientId, ...asked })}`))
        assert.match(location, /^https:\/\/app\.test\/callback\?.*error=invalid_request/, path)
      }
      const back = await browser.signIn({ client_id: clientId, request_uri: await pushed(clientId) }, 'ana')
      assert.ok(back.searchParams.get('code'))
      await demand({ Manner: 'COGNITO', RequirePushedAuthorizationRequests: true })
      assert.match(locationOf(await browser.visit(`/oauth2/authorize?${encode({ client_id: clientId, ...asked })}`)), /[?&]code=/)
    })

    it('answers wrong requests with the error of the standard', async () => {
      const { poolId, clientId, secret } = await givenStrictPool(server(), { client: { GenerateSecret: true } })
      const own = basic(clientId, secret)
      const machine = await givenClient(server(), poolId, { ...codeClient, AllowedOAuthFlowsUserPoolClient: false })
      const cases: readonly (readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, number, string])[] = [
        ['no client', asked, {}, 400, 'invalid_request'],
        ['no secret', { ...asked, client_id: clientId }, {}, 401, 'invalid_client'],
        ['a wrong secret', asked, basic(clientId, 'x'), 401, 'invalid_client'],
        ['another client', { ...asked, client_id: machine.clientId }, own, 401, 'invalid_client'],
        ['a client without OAuth', { ...asked, client_id: machine.clientId }, {}, 400, 'unauthorized_client'],
        ['a wrong redirect URI', { ...asked, redirect_uri: 'https://evil.test' }, own, 400, 'invalid_request'],
        ['a request URI', { ...asked, request_uri: 'urn:x' }, own, 400, 'invalid_request'],
        ['a wrong response type', { ...asked, response_type: 'code id_token' }, own, 400, 'unsupported_response_type'],
        ['a flow of others', { ...asked, response_type: 'token' }, own, 400, 'unauthorized_client'],
        ['a wrong scope', { ...asked, scope: 'admin' }, own, 400, 'invalid_scope'],
        ['plain PKCE', { ...asked, code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' }, own, 400, 'invalid_request'],
        ['a long state', { ...asked, state: 'x'.repeat(17_000) }, own, 413, 'invalid_request'],
      ]
      for (const [what, form, headers, status, error] of cases) {
        const answer = await push(form, headers)
        assert.deepEqual([answer.status, answer.body], [status, { error }], what)
      }
      const get = await fetch(`${server().url}/oauth2/par?${encode({ client_id: clientId, ...asked })}`)
      assert.equal(get.status, 405)
      const cognito = await givenOAuthPool(server())
      assert.equal((await push({ ...asked, client_id: cognito.clientId })).status, 404)
    })

    it('takes a client that authenticates itself by a key, and requests on the domain of the pool', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      const key = newClientKey()
      await setClientKeys(server(), poolId, clientId, [key.jwk])
      assert.deepEqual((await push({ ...asked, client_id: clientId })).body, { error: 'invalid_client' })
      const signed = { clientId, audience: `${server().url}/oauth2/par`, now: server().clock.now() }
      const byKey = await push({ ...asked, ...assertionForm(await signAssertion(key, signed)) })
      assert.equal(byKey.status, 201)
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: 'pushed' }))
      const open = await givenClient(server(), poolId, codeClient)
      const host = `pushed.auth.${new URL(server().url).host}`
      const { body } = await push({ ...asked, client_id: open.clientId }, { host })
      const request = { client_id: open.clientId, request_uri: String(body['request_uri']) }
      assert.ok((await new TestBrowser(server(), host).signIn(request, 'ana')).searchParams.get('code'))
    })
  })
}
