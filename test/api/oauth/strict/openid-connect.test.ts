import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { giveAttributes } from '../../../support/mfa.ts'
import { basic, callback, codeClient, encode, givenClient, post, type Reply, requestToken, send } from '../../../support/oauth.ts'
import { claimsOf, givenUser } from '../../../support/sign-in.ts'
import { givenHostedTokens, givenStrictPool } from '../../../support/strict.ts'
import { csrfTokenIn, formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

/** The tests have the names of the modules of the OpenID Foundation's conformance suite that they re-make. */
for (const engine of engines) {
  describe(`OpenID Connect in manner strict on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenBrowser(options = {}) {
      const given = await givenStrictPool(server(), options)
      const browser = new TestBrowser(server())
      const request = { client_id: given.clientId, redirect_uri: callback, response_type: 'code', scope: 'openid email', state: 's' }
      const authorize = (more: Readonly<Record<string, string | undefined>> = {}) =>
        browser.visit(`/oauth2/authorize?${encode({ ...request, ...more })}`)
      const signIn = async (more: Readonly<Record<string, string | undefined>> = {}, username = 'ana') =>
        browser.submitLogin(locationOf(await authorize(more)), username)
      return { ...given, issuer: `${server().url}/${given.poolId}`, browser, authorize, signIn }
    }
    async function redeem({ clientId, secret }: { clientId: string; secret: string }, location: string) {
      const code = paramsIn(location).get('code') ?? ''
      const form = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code }
      return requestToken(server(), form, secret === '' ? {} : basic(clientId, secret))
    }
    const errorIn = (reply: Reply) => paramsIn(locationOf(reply)).get('error')

    it('oidcc-server, oidcc-response-type-missing, oidcc-ensure-request-with-unknown-parameter-succeeds', async () => {
      const { clientId, secret, issuer, authorize, signIn } = await givenBrowser()
      const missing = paramsIn(locationOf(await authorize({ response_type: undefined })))
      assert.deepEqual([missing.get('error'), missing.get('iss'), missing.get('state')], ['invalid_request', issuer, 's'])
      const back = locationOf(await signIn({ nonce: 'n', unknown: 'x', display: 'page', acr_values: '1', claims_locales: 'se' }))
      assert.deepEqual([paramsIn(back).get('iss'), paramsIn(back).get('state')], [issuer, 's'])
      const { body } = await redeem({ clientId, secret }, back)
      const claims = claimsOf(String(body['id_token']))
      assert.deepEqual([claims['iss'], claims['aud'], claims['nonce']], [issuer, clientId, 'n'])
      assert.equal(typeof claims['auth_time'], 'number')
      assert.equal(typeof claims['at_hash'], 'string')
    })

    it('oidcc-prompt-none-not-logged-in, oidcc-prompt-none-logged-in, oidcc-prompt-login', async () => {
      const { clientId, secret, authorize, signIn } = await givenBrowser()
      assert.equal(errorIn(await authorize({ prompt: 'none' })), 'login_required')
      const first = claimsOf(String((await redeem({ clientId, secret }, locationOf(await signIn()))).body['id_token']))
      const silent = await authorize({ prompt: 'none' })
      const again = claimsOf(String((await redeem({ clientId, secret }, locationOf(silent))).body['id_token']))
      assert.deepEqual([again['sub'], again['auth_time']], [first['sub'], first['auth_time']])
      server().clock.advance(2000)
      const anew = locationOf(await signIn({ prompt: 'login' }))
      const third = claimsOf(String((await redeem({ clientId, secret }, anew)).body['id_token']))
      assert.ok(Number(third['auth_time']) > Number(first['auth_time']))
    })

    it('oidcc-max-age-1, oidcc-max-age-10000', async () => {
      const { authorize, signIn } = await givenBrowser()
      await signIn()
      assert.match(locationOf(await authorize({ max_age: '10000' })), /code=/)
      server().clock.advance(2000)
      assert.match(locationOf(await authorize({ max_age: '1' })), /^\/login\?/)
      assert.equal(errorIn(await authorize({ max_age: '1', prompt: 'none' })), 'login_required')
      assert.match(locationOf(await authorize({ max_age: '0' })), /^\/login\?/)
      for (const wrong of ['-1', 'x', '1.5']) assert.equal(errorIn(await authorize({ max_age: wrong })), 'invalid_request')
      assert.match(locationOf(await signIn({ max_age: '1' })), /code=/)
    })

    it('oidcc-id-token-hint', async () => {
      const { poolId, clientId, secret, authorize, signIn } = await givenBrowser()
      const other = await givenStrictPool(server())
      const hint = String((await redeem({ clientId, secret }, locationOf(await signIn()))).body['id_token'])
      assert.match(locationOf(await authorize({ prompt: 'none', id_token_hint: hint })), /code=/)
      await givenUser(server(), poolId, 'ben')
      await signIn({ prompt: 'login' }, 'ben')
      assert.equal(errorIn(await authorize({ prompt: 'none', id_token_hint: hint })), 'login_required')
      assert.equal(errorIn(await signIn({ id_token_hint: hint }, 'ben')), 'login_required')
      assert.match(locationOf(await signIn({ id_token_hint: hint, prompt: 'login' })), /code=/)
      const foreign = (await givenHostedTokens(server(), other)).idToken
      const { accessToken } = await givenHostedTokens(server(), { clientId, secret })
      for (const wrong of [`${hint.slice(0, -4)}AAAA`, foreign, accessToken, 'x']) {
        assert.equal(errorIn(await authorize({ id_token_hint: wrong })), 'invalid_request')
      }
    })

    it('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported, oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
      const { authorize } = await givenBrowser()
      assert.equal(errorIn(await authorize({ request: 'e30.e30.' })), 'request_not_supported')
      assert.equal(errorIn(await authorize({ request_uri: 'https://app.test/request' })), 'request_uri_not_supported')
    })

    it('oidcc-ensure-registered-redirect-uri, also with another query or path', async () => {
      const { clientId, authorize } = await givenBrowser()
      for (const redirect_uri of ['https://evil.test/', `${callback}?x=y`, `${callback}/`]) {
        assert.equal(locationOf(await authorize({ redirect_uri })), `/error?error=redirect_mismatch&client_id=${clientId}`)
      }
    })

    it('oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body', async () => {
      const { poolId, clientId, secret } = await givenBrowser()
      await giveAttributes(server(), poolId, 'ana', { email: 'ana@example.test', email_verified: 'true' })
      const { accessToken } = await givenHostedTokens(server(), { clientId, secret }, 'openid email')
      const headers = { authorization: `Bearer ${accessToken}` }
      const answers = [
        await send(server(), '/oauth2/userInfo', { headers }),
        await send(server(), '/oauth2/userInfo', { method: 'POST', headers }),
        await post(server(), '/oauth2/userInfo', { access_token: accessToken }),
      ]
      for (const { status, body } of answers) assert.deepEqual([status, body['email_verified']], [200, true])
      assert.equal((await post(server(), '/oauth2/userInfo', { access_token: 'x' }, headers)).status, 200)
      assert.equal((await post(server(), '/oauth2/userInfo', { access_token: 'x' })).status, 401)
    })

    it('oidcc-codereuse, oidcc-codereuse-30seconds, oidcc-server-client-secret-post', async () => {
      const { clientId, secret, signIn } = await givenBrowser({ client: { GenerateSecret: true } })
      const code = paramsIn(locationOf(await signIn())).get('code') ?? ''
      const form = { grant_type: 'authorization_code', client_id: clientId, client_secret: secret, redirect_uri: callback, code }
      const { status, body } = await requestToken(server(), form)
      assert.equal(status, 200)
      server().clock.advance(30_000)
      const again = await requestToken(server(), form)
      assert.deepEqual([again.status, again.body['error']], [400, 'invalid_grant'])
      const info = await send(server(), '/oauth2/userInfo', { headers: { authorization: `Bearer ${body['access_token']}` } })
      assert.equal(info.status, 401)
    })

    it('oidcc-discovery-endpoint-verification, and RFC 8414', async () => {
      const { poolId, issuer } = await givenBrowser()
      const paths = ['.well-known/openid-configuration', '.well-known/oauth-authorization-server'].map((name) => `/${poolId}/${name}`)
      const documents = [...paths, `/.well-known/oauth-authorization-server/${poolId}`].map((path) => send(server(), path))
      for (const { status, body } of await Promise.all(documents)) {
        assert.deepEqual([status, body['issuer'], body['response_modes_supported']], [200, issuer, ['query', 'fragment', 'form_post']])
        assert.equal(body['authorization_response_iss_parameter_supported'], true)
        assert.ok((body['claims_supported'] as string[]).includes('email'))
      }
      const { poolId: cognito } = await server().givenPool()
      assert.equal((await send(server(), `/.well-known/oauth-authorization-server/${cognito}`)).status, 404)
    })

    it('form post: oidcc-server, and an error', async () => {
      const { clientId, secret, issuer, authorize, signIn } = await givenBrowser()
      const page = await signIn({ response_mode: 'form_post' })
      assert.equal(page.status, 200)
      assert.equal(formActionIn(page), callback)
      assert.match(page.headers.get('content-security-policy') ?? '', /form-action 'self' https:/)
      assert.equal(page.headers.get('cache-control'), 'no-store')
      const { code, ...rest } = hiddenFieldsIn(page)
      assert.deepEqual(rest, { state: 's', iss: issuer })
      assert.equal((await redeem({ clientId, secret }, `/?code=${code}`)).status, 200)
      const refused = await authorize({ response_mode: 'form_post', prompt: 'none login', state: '"><script>' })
      assert.deepEqual(hiddenFieldsIn(refused), { state: '"><script>', error: 'invalid_request', iss: issuer })
      assert.ok(!refused.text.includes('"><script>'))
      assert.equal(errorIn(await authorize({ response_mode: 'x' })), 'invalid_request')
    })

    it('leaves userInfo and logout of manner cognito as they are', async () => {
      const { poolId, clientId, secret } = await givenBrowser()
      const { accessToken } = await givenHostedTokens(server(), { clientId, secret })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: {} })
      assert.equal((await post(server(), '/oauth2/userInfo', { access_token: accessToken })).status, 400)
      const headers = { authorization: `Bearer ${accessToken}` }
      assert.equal((await post(server(), '/oauth2/userInfo', 'access_token=x&access_token=y', headers)).status, 200)
      assert.equal((await post(server(), `/logout?client_id=${clientId}&logout_uri=https://app.test/bye`, {})).status, 405)
    })

    const bye = 'https://app.test/bye'
    const logout = (browser: TestBrowser, more: Readonly<Record<string, string | undefined>>) => browser.visit(`/logout?${encode(more)}`)

    it('oidcc-rp-initiated-logout, -no-state, -only-state, -no-post-logout-redirect-uri', async () => {
      for (const state of ['s', undefined]) {
        const { clientId, secret, browser, authorize, signIn } = await givenBrowser()
        const hint = String((await redeem({ clientId, secret }, locationOf(await signIn()))).body['id_token'])
        server().clock.advance(2 * 3_600_000)
        await signIn()
        const answer = await logout(browser, { id_token_hint: hint, post_logout_redirect_uri: bye, state })
        assert.equal(locationOf(answer), state === undefined ? bye : `${bye}?state=s`)
        assert.match(locationOf(await authorize()), /^\/login/)
        const page = await logout(browser, { id_token_hint: hint, state })
        assert.deepEqual([page.status, /<h1>([^<]*)/.exec(page.text)?.[1]], [200, 'You are signed out'])
      }
    })

    it('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri, -bad-id-token-hint, -no-id-token-hint, -no-params', async () => {
      const { poolId, clientId, secret, browser, authorize, signIn } = await givenBrowser()
      const hint = String((await redeem({ clientId, secret }, locationOf(await signIn()))).body['id_token'])
      const bad = await logout(browser, { id_token_hint: hint, post_logout_redirect_uri: 'https://evil.test/' })
      assert.match(locationOf(bad), /^\/error\?error=redirect_mismatch/)
      assert.equal((await logout(browser, {})).status, 400)
      const isSignedIn = async () => locationOf(await authorize()).startsWith(callback)
      const other = await givenClient(server(), poolId, codeClient)
      const mixed = await logout(browser, { id_token_hint: hint, client_id: other.clientId, post_logout_redirect_uri: bye })
      assert.match(locationOf(mixed), /^\/error\?error=invalid_request/)
      for (const wrong of [{ client_id: clientId }, { client_id: clientId, id_token_hint: `${hint}x` }]) {
        const page = await logout(browser, { ...wrong, post_logout_redirect_uri: bye })
        assert.deepEqual([page.status, /<h1>([^<]*)/.exec(page.text)?.[1]], [200, 'Do you want to sign out?'])
        assert.equal(await isSignedIn(), true)
        assert.equal((await browser.submit(formActionIn(page), { _csrf: 'x' })).status, 200)
        assert.equal(await isSignedIn(), true)
        const done = await browser.submit(formActionIn(page), { _csrf: csrfTokenIn(page) })
        assert.equal(locationOf(done), bye)
        assert.equal(await isSignedIn(), false)
        await signIn()
      }
    })

    it('asks before it signs out users whom the ID token does not mean, also when the current one is disabled', async () => {
      const { poolId, clientId, secret, browser, signIn } = await givenBrowser()
      const hint = String((await redeem({ clientId, secret }, locationOf(await signIn()))).body['id_token'])
      await givenUser(server(), poolId, 'ben')
      await givenUser(server(), poolId, 'eve')
      await signIn({ prompt: 'login' }, 'ben')
      const eve = new TestBrowser(server())
      const request = { client_id: clientId, redirect_uri: callback, response_type: 'code', scope: 'openid' }
      const foreign = String((await redeem({ clientId, secret }, String(await eve.signIn(request, 'eve')))).body['id_token'])
      for (const id_token_hint of [hint, foreign])
        assert.match((await logout(browser, { id_token_hint })).text, /Do you want to sign out\?/)
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ben' }))
      assert.match((await logout(browser, { id_token_hint: foreign })).text, /Do you want to sign out\?/)
      assert.match((await logout(browser, { id_token_hint: hint })).text, /You are signed out/)
    })

    it('a form of the app goes on as a GET; an ID token of another user only asks', async () => {
      const { poolId, clientId, secret, browser, authorize, signIn } = await givenBrowser()
      const hint = String((await redeem({ clientId, secret }, locationOf(await signIn()))).body['id_token'])
      const posted = await browser.submit('/logout', { id_token_hint: hint, post_logout_redirect_uri: bye })
      assert.equal(posted.status, 303)
      await givenUser(server(), poolId, 'ben')
      await signIn({ prompt: 'login' }, 'ben')
      const page = await browser.visit(posted.headers.get('location') ?? '')
      assert.match(page.text, /Do you want to sign out\?/)
      assert.match(locationOf(await authorize()), /code=/)
    })
  })
}
