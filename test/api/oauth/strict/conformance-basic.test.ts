import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { engines } from '../../../support/engines.ts'
import { giveAttributes } from '../../../support/mfa.ts'
import { basic, callback, codeClient, encode, givenClient, post, type Reply, requestToken, send } from '../../../support/oauth.ts'
import { claimsOf, givenUser } from '../../../support/sign-in.ts'
import { givenHostedTokens, givenStrictPool } from '../../../support/strict.ts'
import { formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

type Query = Readonly<Record<string, string | undefined>>

const attributes = { email: 'ana@example.test', email_verified: 'true', phone_number: '+12025550199', name: 'Ana', family_name: 'Ito' }

/**
 * The modules of the OpenID Foundation's plans for Basic OP and Form Post OP, by their names. The second plan has the same modules, with
 * answers in forms.
 */
for (const engine of engines) {
  for (const mode of [undefined, 'form_post']) {
    describe(`Basic OP with ${mode === undefined ? 'answers in addresses' : 'answers in forms'} on ${engine.name}`, () => {
      const server = useTestServer(engine)

      /** The answer of the authorization endpoint to the app. */
      function answerIn(reply: Reply): URLSearchParams {
        if (mode === undefined) {
          assert.equal(locationOf(reply).replace(/\?.*/, ''), callback)
          return paramsIn(locationOf(reply))
        }
        assert.deepEqual([reply.status, formActionIn(reply)], [200, callback], reply.text)
        return new URLSearchParams(hiddenFieldsIn(reply))
      }
      const errorIn = (reply: Reply) => answerIn(reply).get('error')

      async function givenApp(options: Parameters<typeof givenStrictPool>[1] = { client: { GenerateSecret: true } }) {
        const given = await givenStrictPool(server(), options)
        await giveAttributes(server(), given.poolId, 'ana', attributes)
        const browser = new TestBrowser(server())
        const request = {
          client_id: given.clientId,
          redirect_uri: callback,
          response_type: 'code',
          scope: 'openid',
          state: 's',
          nonce: 'n',
        }
        const queryOf = (more: Query) => encode({ ...request, response_mode: mode, ...more })
        const authorize = (more: Query = {}) => browser.visit(`/oauth2/authorize?${queryOf(more)}`)
        const signIn = async (more: Query = {}, username = 'ana') => browser.submitLogin(locationOf(await authorize(more)), username)
        const redeem = async (reply: Reply, more: Query = {}) => {
          const code = answerIn(reply).get('code') ?? ''
          const form = { grant_type: 'authorization_code', redirect_uri: callback, code, ...more }
          return (await requestToken(server(), form, basic(given.clientId, given.secret))).body
        }
        const signInForClaims = async (more: Query = {}) => claimsOf(String((await redeem(await signIn(more)))['id_token']))
        return { ...given, issuer: `${server().url}/${given.poolId}`, browser, queryOf, authorize, signIn, redeem, signInForClaims }
      }
      const userInfo = async (token: unknown) =>
        (await send(server(), '/oauth2/userInfo', { headers: { authorization: `Bearer ${token}` } })).body

      it('oidcc-server, oidcc-idtoken-signature, oidcc-ensure-request-with-unknown-parameter-succeeds', async () => {
        const { clientId, issuer, signIn, redeem } = await givenApp()
        const reply = await signIn({ unknown: 'x' })
        assert.deepEqual([answerIn(reply).get('iss'), answerIn(reply).get('state')], [issuer, 's'])
        const tokens = await redeem(reply)
        const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
        const options = { issuer, audience: clientId, algorithms: ['RS256'], currentDate: new Date(server().clock.now()) }
        const { payload, protectedHeader } = await jwtVerify(String(tokens['id_token']), keys, options)
        assert.equal(payload['nonce'], 'n')
        assert.equal(typeof protectedHeader.kid, 'string')
        for (const [name, type] of Object.entries({ auth_time: 'number', at_hash: 'string', sub: 'string' })) {
          assert.equal(typeof payload[name], type, name)
        }
      })

      it('oidcc-response-type-missing', async () => {
        const { issuer, authorize } = await givenApp()
        const answer = answerIn(await authorize({ response_type: undefined }))
        assert.deepEqual([answer.get('error'), answer.get('iss'), answer.get('state')], ['invalid_request', issuer, 's'])
      })

      it('oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body', async () => {
        const { signIn, redeem } = await givenApp()
        const token = String((await redeem(await signIn({ scope: 'openid email' })))['access_token'])
        const headers = { authorization: `Bearer ${token}` }
        const answers = [
          await send(server(), '/oauth2/userInfo', { headers }),
          await send(server(), '/oauth2/userInfo', { method: 'POST', headers }),
          await post(server(), '/oauth2/userInfo', { access_token: token }),
        ]
        for (const { status, body } of answers) assert.deepEqual([status, body['email_verified']], [200, true])
        assert.equal((await post(server(), '/oauth2/userInfo', { access_token: 'x' }, headers)).status, 200)
        assert.equal((await post(server(), '/oauth2/userInfo', { access_token: 'x' })).status, 401)
      })

      it('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
        const { signInForClaims } = await givenApp()
        assert.equal((await signInForClaims({ nonce: undefined }))['nonce'], undefined)
      })

      it('oidcc-scope-profile, oidcc-scope-email, oidcc-scope-phone, oidcc-scope-all, oidcc-scope-address', async () => {
        const { issuer, signIn, redeem } = await givenApp()
        // The last two are skipped for servers that do not name the scope `address`. It is ignored.
        const { body } = await send(server(), `${new URL(issuer).pathname}/.well-known/openid-configuration`)
        assert.deepEqual(body['scopes_supported'], ['openid', 'email', 'phone', 'profile'])
        const { name, family_name, email } = attributes
        const phone = { phone_number: attributes.phone_number, phone_number_verified: false }
        const cases = [
          ['openid profile', { name, family_name }],
          ['openid email', { email, email_verified: true }],
          ['openid phone', phone],
          ['openid email phone profile', { name, family_name, email, email_verified: true, ...phone }],
          ['openid address', {}],
        ] as const
        for (const [scope, expected] of cases) {
          const {
            sub: _sub,
            username: _username,
            ...shown
          } = await userInfo((await redeem(await signIn({ scope, prompt: 'login' })))['access_token'])
          assert.deepEqual(shown, expected, scope)
        }
      })

      it('oidcc-ensure-other-scope-order-succeeds', async () => {
        const { signIn, redeem } = await givenApp()
        const tokens = await redeem(await signIn({ scope: 'email openid' }))
        assert.equal(claimsOf(String(tokens['id_token']))['email'], attributes.email)
      })

      it('oidcc-display-page, oidcc-display-popup, oidcc-ui-locales, oidcc-claims-locales', async () => {
        const { authorize, signInForClaims } = await givenApp()
        const ignored: readonly Query[] = [{ display: 'page' }, { display: 'popup' }, { ui_locales: 'se' }, { claims_locales: 'se' }]
        for (const more of ignored) assert.equal((await signInForClaims({ ...more, prompt: 'login' }))['nonce'], 'n')
        assert.equal(errorIn(await authorize({ display: 'popup', prompt: 'none login' })), 'invalid_request')
      })

      it('oidcc-prompt-none-not-logged-in, oidcc-prompt-none-logged-in, oidcc-prompt-login', async () => {
        const { authorize, signIn, redeem, signInForClaims } = await givenApp()
        assert.equal(errorIn(await authorize({ prompt: 'none' })), 'login_required')
        const first = await signInForClaims()
        const again = claimsOf(String((await redeem(await authorize({ prompt: 'none' })))['id_token']))
        assert.deepEqual([again['sub'], again['auth_time']], [first['sub'], first['auth_time']])
        server().clock.advance(2000)
        const third = claimsOf(String((await redeem(await signIn({ prompt: 'login' })))['id_token']))
        assert.ok(Number(third['auth_time']) > Number(first['auth_time']))
      })

      it('oidcc-max-age-1, oidcc-max-age-10000', async () => {
        const { authorize, signIn } = await givenApp()
        await signIn()
        assert.ok(answerIn(await authorize({ max_age: '10000' })).get('code'))
        server().clock.advance(2000)
        for (const max_age of ['1', '0']) assert.match(locationOf(await authorize({ max_age })), /^\/login\?/)
        assert.equal(errorIn(await authorize({ max_age: '1', prompt: 'none' })), 'login_required')
        for (const max_age of ['-1', 'x', '1.5']) assert.equal(errorIn(await authorize({ max_age })), 'invalid_request')
        assert.ok(answerIn(await signIn({ max_age: '1' })).get('code'))
      })

      it('oidcc-id-token-hint', async () => {
        const { poolId, clientId, secret, authorize, signIn, redeem } = await givenApp()
        const other = await givenStrictPool(server())
        const hint = String((await redeem(await signIn()))['id_token'])
        assert.ok(answerIn(await authorize({ prompt: 'none', id_token_hint: hint })).get('code'))
        await givenUser(server(), poolId, 'ben')
        await signIn({ prompt: 'login' }, 'ben')
        assert.equal(errorIn(await authorize({ prompt: 'none', id_token_hint: hint })), 'login_required')
        assert.equal(errorIn(await signIn({ id_token_hint: hint }, 'ben')), 'login_required')
        assert.ok(answerIn(await signIn({ id_token_hint: hint, prompt: 'login' })).get('code'))
        const foreign = (await givenHostedTokens(server(), other)).idToken
        const { accessToken } = await givenHostedTokens(server(), { clientId, secret })
        for (const wrong of [`${hint.slice(0, -4)}AAAA`, foreign, accessToken, 'x']) {
          assert.equal(errorIn(await authorize({ id_token_hint: wrong })), 'invalid_request')
        }
      })

      it('oidcc-login-hint', async () => {
        const { browser, authorize } = await givenApp()
        const page = await browser.visit(locationOf(await authorize({ login_hint: 'bob@example.test' })))
        assert.match(page.text, /value="bob@example\.test"/)
      })

      it('oidcc-ensure-request-with-acr-values-succeeds', async () => {
        const { issuer, signInForClaims } = await givenApp()
        const { body } = await send(server(), `${new URL(issuer).pathname}/.well-known/openid-configuration`)
        const supported = body['acr_values_supported'] as readonly string[]
        assert.ok(supported.includes(String((await signInForClaims({ acr_values: supported.join(' ') }))['acr'])))
      })

      it('oidcc-codereuse, oidcc-codereuse-30seconds, oidcc-server-client-secret-post', async () => {
        const { clientId, secret, signIn } = await givenApp()
        const code = answerIn(await signIn()).get('code') ?? ''
        const form = { grant_type: 'authorization_code', client_id: clientId, client_secret: secret, redirect_uri: callback, code }
        const { status, body } = await requestToken(server(), form)
        assert.equal(status, 200)
        server().clock.advance(30_000)
        const again = await requestToken(server(), form)
        assert.deepEqual([again.status, again.body['error']], [400, 'invalid_grant'])
        assert.equal((await userInfo(body['access_token']))['error'], 'invalid_token')
      })

      it('oidcc-ensure-registered-redirect-uri', async () => {
        const { clientId, authorize } = await givenApp()
        for (const redirect_uri of ['https://evil.test/', `${callback}?x=y`, `${callback}/`]) {
          assert.equal(locationOf(await authorize({ redirect_uri })), `/error?error=redirect_mismatch&client_id=${clientId}`)
        }
      })

      it('oidcc-ensure-post-request-succeeds', async () => {
        const { browser, queryOf, redeem } = await givenApp()
        const posted = await browser.submit('/oauth2/authorize', queryOf({}))
        assert.equal(posted.status, 303)
        const login = locationOf(await browser.visit(posted.headers.get('location') ?? ''))
        assert.equal(typeof (await redeem(await browser.submitLogin(login, 'ana')))['id_token'], 'string')
      })

      it('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', async () => {
        const { authorize } = await givenApp()
        assert.equal(errorIn(await authorize({ request_uri: 'https://app.test/request' })), 'request_uri_not_supported')
      })

      it('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
        const { authorize } = await givenApp()
        assert.equal(errorIn(await authorize({ request: 'e30.e30.' })), 'request_not_supported')
      })

      it('oidcc-claims-essential', async () => {
        const { signIn, redeem } = await givenApp()
        const claims = JSON.stringify({ userinfo: { name: { essential: true } } })
        const tokens = await redeem(await signIn({ claims }))
        assert.equal((await userInfo(tokens['access_token']))['name'], attributes.name)
        assert.equal(claimsOf(String(tokens['id_token']))['name'], undefined)
      })

      it('oidcc-refresh-token', async () => {
        const { poolId, clientId, secret, signIn, redeem } = await givenApp()
        const second = await givenClient(server(), poolId, { ...codeClient, GenerateSecret: true })
        const tokens = await redeem(await signIn())
        const refreshToken = String(tokens['refresh_token'])
        assert.match(refreshToken, /^[\x20-\x7e]+$/)
        const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
        const refreshed = await requestToken(server(), form, basic(clientId, secret))
        const [before, after] = [claimsOf(String(tokens['id_token'])), claimsOf(String(refreshed.body['id_token']))]
        for (const name of ['iss', 'sub', 'aud', 'auth_time']) assert.equal(after[name], before[name], name)
        const stolen = await requestToken(server(), form, basic(second.clientId, second.secret))
        assert.deepEqual([stolen.status, stolen.body['error']], [400, 'invalid_grant'])
      })

      it('oidcc-ensure-request-with-valid-pkce-succeeds', async () => {
        const { signIn, redeem } = await givenApp()
        const code_challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
        const pkce = { code_challenge, code_challenge_method: 'S256', prompt: 'login' }
        const code_verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
        assert.equal(typeof (await redeem(await signIn(pkce), { code_verifier }))['id_token'], 'string')
        assert.equal((await redeem(await signIn(pkce), { code_verifier: `${code_verifier}x` }))['error'], 'invalid_grant')
      })
    })
  }
}
