import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { basic, callback, codeClient, encode, givenClient, post, type Reply, requestToken, send } from '../../../support/oauth.ts'
import { givenUser } from '../../../support/sign-in.ts'
import { givenHostedTokens, givenStrictPool } from '../../../support/strict.ts'
import { csrfTokenIn, formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

/** The modules of the OpenID Foundation's plans for Config OP and RP-Initiated Logout OP, by their names, and what goes beyond them. */
for (const engine of engines) {
  describe(`Config OP and RP-Initiated Logout OP on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenBrowser(options = {}) {
      const given = await givenStrictPool(server(), options)
      const browser = new TestBrowser(server())
      const request = { client_id: given.clientId, redirect_uri: callback, response_type: 'code', scope: 'openid email', state: 's' }
      const authorize = (more: Readonly<Record<string, string | undefined>> = {}) =>
        browser.visit(`/oauth2/authorize?${encode({ ...request, ...more })}`)
      const signIn = async (more: Readonly<Record<string, string | undefined>> = {}, username = 'ana') =>
        browser.submitLogin(locationOf(await authorize(more)), username)
      const isSignedIn = async () => locationOf(await authorize()).startsWith(callback)
      return { ...given, issuer: `${server().url}/${given.poolId}`, browser, authorize, signIn, isSignedIn }
    }
    async function redeem({ clientId, secret }: { clientId: string; secret: string }, location: string) {
      const code = paramsIn(location).get('code') ?? ''
      const form = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code }
      return requestToken(server(), form, secret === '' ? {} : basic(clientId, secret))
    }
    const errorIn = (reply: Reply) => paramsIn(locationOf(reply)).get('error')

    it('oidcc-discovery-endpoint-verification, oidcc-rp-initiated-logout-discovery-endpoint-verification', async () => {
      const { poolId, issuer } = await givenBrowser()
      const { status, headers, body } = await send(server(), `/${poolId}/.well-known/openid-configuration`)
      assert.deepEqual([status, body['issuer']], [200, issuer])
      assert.match(headers.get('content-type') ?? '', /^application\/json/)
      const expected = {
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
        response_types_supported: ['code', 'token'],
        response_modes_supported: ['query', 'fragment', 'form_post'],
        claims_parameter_supported: true,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        authorization_response_iss_parameter_supported: true,
      }
      for (const [name, value] of Object.entries(expected)) assert.deepEqual(body[name], value, name)
      const lists = {
        claims_supported: ['sub', 'acr', 'email'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        scopes_supported: ['openid'],
        ui_locales_supported: ['pt-BR', 'zh-TW'],
      }
      for (const [name, members] of Object.entries(lists)) {
        for (const member of members) assert.ok((body[name] as string[]).includes(member), `${name} ${member}`)
      }
      for (const tag of body['ui_locales_supported'] as string[]) assert.equal(Intl.getCanonicalLocales(tag)[0], tag)
      const endpoints = Object.entries(body).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri')
      assert.ok(endpoints.some(([name]) => name === 'end_session_endpoint'))
      for (const [name, url] of endpoints) assert.equal(new URL(String(url)).origin, server().url, name)
      const { keys } = (await send(server(), new URL(String(body['jwks_uri'])).pathname)).body as { keys: Record<string, string>[] }
      assert.ok(keys.length > 0)
      assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
      for (const key of keys) assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
    })

    it('has the same metadata under the names of RFC 8414, which pools of manner cognito do not have', async () => {
      const { poolId } = await givenBrowser()
      const document = (await send(server(), `/${poolId}/.well-known/openid-configuration`)).body
      for (const path of [`/${poolId}/.well-known/oauth-authorization-server`, `/.well-known/oauth-authorization-server/${poolId}`]) {
        assert.deepEqual((await send(server(), path)).body, document)
      }
      const { poolId: cognito } = await server().givenPool()
      assert.equal((await send(server(), `/.well-known/oauth-authorization-server/${cognito}`)).status, 404)
    })

    it('sends answers and errors in forms that no page can change or keep', async () => {
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

    it('oidcc-rp-initiated-logout, oidcc-rp-initiated-logout-no-state, oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
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

    it('oidcc-rp-initiated-logout-no-params, oidcc-rp-initiated-logout-only-state', async () => {
      const { browser, signIn, isSignedIn } = await givenBrowser()
      await signIn()
      for (const more of [{}, { state: 's' }]) assert.equal((await logout(browser, more)).status, 400)
      assert.equal(await isSignedIn(), true)
    })

    it('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri, oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', async () => {
      const { poolId, clientId, secret, browser, signIn, isSignedIn } = await givenBrowser()
      const hint = String((await redeem({ clientId, secret }, locationOf(await signIn()))).body['id_token'])
      for (const post_logout_redirect_uri of ['https://evil.test/', `${bye}?x=y`, `${bye}/`]) {
        const bad = await logout(browser, { id_token_hint: hint, post_logout_redirect_uri, state: 's' })
        assert.match(locationOf(bad), /^\/error\?error=redirect_mismatch/)
      }
      const other = await givenClient(server(), poolId, codeClient)
      const mixed = await logout(browser, { id_token_hint: hint, client_id: other.clientId, post_logout_redirect_uri: bye })
      assert.match(locationOf(mixed), /^\/error\?error=invalid_request/)
      assert.equal(await isSignedIn(), true)
    })

    it('oidcc-rp-initiated-logout-modified-id-token-hint, oidcc-rp-initiated-logout-bad-id-token-hint, oidcc-rp-initiated-logout-no-id-token-hint', async () => {
      const { clientId, secret, browser, signIn, isSignedIn } = await givenBrowser()
      const hint = String((await redeem({ clientId, secret }, locationOf(await signIn()))).body['id_token'])
      const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${hint.split('.')[1]}.`
      const hints = [undefined, `${hint}x`, unsigned, 'x']
      for (const id_token_hint of hints) {
        const page = await logout(browser, { client_id: clientId, id_token_hint, post_logout_redirect_uri: bye })
        assert.deepEqual([page.status, /<h1>([^<]*)/.exec(page.text)?.[1]], [200, 'Do you want to sign out?'])
        assert.equal(await isSignedIn(), true)
        assert.equal((await browser.submit(formActionIn(page), { _csrf: 'x' })).status, 200)
        assert.equal(await isSignedIn(), true)
        const done = await browser.submit(formActionIn(page), { _csrf: csrfTokenIn(page) })
        assert.equal(locationOf(done), bye)
        assert.equal(await isSignedIn(), false)
        await signIn()
      }
      // Without a client id, the client of such a token is the only one that could be meant. The user is asked all the same.
      const page = await logout(browser, { id_token_hint: unsigned, post_logout_redirect_uri: bye })
      assert.deepEqual([page.status, await isSignedIn()], [200, true])
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
