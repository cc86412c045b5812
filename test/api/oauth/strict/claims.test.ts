import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AddCustomAttributesCommand, UpdateUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import * as client from 'openid-client'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { giveAttributes } from '../../../support/mfa.ts'
import { callback, codeClient, encode, post, requestToken, send } from '../../../support/oauth.ts'
import { claimsOf, givenUser } from '../../../support/sign-in.ts'
import { givenStrictPool, redeemCode, signInForTokens } from '../../../support/strict.ts'
import { locationOf, paramsIn, TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

const attributes = {
  email: 'ana@example.test',
  email_verified: 'true',
  phone_number: '+15550100',
  name: 'Ana',
  family_name: 'Ito',
  address: 'Main Street 1',
  'custom:plan': 'gold',
}

for (const engine of engines) {
  describe(`Scopes and the claims parameter in manner strict on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(options = {}) {
      const given = await givenStrictPool(server(), options)
      const CustomAttributes = [{ Name: 'plan', AttributeDataType: 'String' as const, Mutable: true }]
      await server().send(new AddCustomAttributesCommand({ UserPoolId: given.poolId, CustomAttributes }))
      await giveAttributes(server(), given.poolId, 'ana', attributes)
      return given
    }
    const attributesIn = (claims: Readonly<Record<string, unknown>>) =>
      Object.keys(claims).filter((name) => Object.hasOwn(attributes, name))
    const userInfo = async (token: unknown) =>
      (await send(server(), '/oauth2/userInfo', { headers: { authorization: `Bearer ${token}` } })).body
    const shownBy = async (tokens: Readonly<Record<string, unknown>>) => ({
      idToken: attributesIn(claimsOf(String(tokens['id_token']))).sort(),
      userInfo: attributesIn(await userInfo(tokens['access_token'])).sort(),
    })
    const authorize = (browser: TestBrowser, clientId: string, more: Readonly<Record<string, string>>) =>
      browser.visit(
        `/oauth2/authorize?${encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', scope: 'openid', ...more })}`,
      )

    it('shows the attributes of the scopes, and those that the app asks for by name, each at its place', async () => {
      const given = await givenAna()
      const cases: readonly (readonly [string, object | undefined, readonly string[], readonly string[]])[] = [
        ['openid', undefined, [], []],
        ['openid email', undefined, ['email', 'email_verified'], ['email', 'email_verified']],
        ['openid phone', undefined, ['phone_number'], ['phone_number']],
        ['openid profile', undefined, ['custom:plan', 'family_name', 'name'], ['custom:plan', 'family_name', 'name']],
        ['openid', { userinfo: { name: { essential: true } } }, [], ['name']],
        ['openid', { id_token: { 'custom:plan': null, address: {} } }, ['address', 'custom:plan'], []],
        ['openid', { userinfo: { name: { value: 'Eve' } }, id_token: { email: { values: ['a', 1] } } }, ['email'], ['name']],
        ['openid phone', { id_token: { email: null }, other: { name: null } }, ['email', 'phone_number'], ['phone_number']],
        ['openid', { userinfo: { missing: { essential: true }, 'name#de': null, ['__proto__']: null } }, [], []],
      ]
      for (const [scope, claims, idToken, info] of cases) {
        const tokens = await signInForTokens(server(), given, { scope, claims: claims && JSON.stringify(claims) })
        assert.deepEqual(await shownBy(tokens), { idToken, userInfo: info }, `${scope} ${JSON.stringify(claims)}`)
      }
    })

    it('keeps the names of attributes in codes, pushed requests and refresh tokens', async () => {
      const given = await givenAna({
        client: { RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 }, ExplicitAuthFlows: [] },
      })
      const claims = JSON.stringify({ userinfo: { name: null }, id_token: { email: null } })
      const asked = { client_id: given.clientId, redirect_uri: callback, response_type: 'code', scope: 'openid', claims }
      const { body } = await post(server(), '/oauth2/par', asked)
      let tokens = await signInForTokens(server(), given, { request_uri: String(body['request_uri']) })
      for (let round = 0; round < 3; round += 1) {
        assert.deepEqual(await shownBy(tokens), { idToken: ['email'], userInfo: ['name'] }, `round ${round}`)
        const form = { grant_type: 'refresh_token', client_id: given.clientId, refresh_token: String(tokens['refresh_token']) }
        tokens = (await requestToken(server(), form)).body
      }
    })

    it('never shows attributes that the client may not read, also when it loses the right after the sign-in', async () => {
      const given = await givenAna({
        client: { ReadAttributes: ['name', 'email', 'email_verified', 'phone_number', 'phone_number_verified'] },
      })
      const claims = JSON.stringify({
        userinfo: { address: { essential: true }, 'custom:plan': null, name: null },
        id_token: { address: null, family_name: { essential: true }, name: null, identities: null },
      })
      const tokens = await signInForTokens(server(), given, { claims })
      assert.deepEqual(await shownBy(tokens), { idToken: ['name'], userInfo: ['name'] })
      const update = { UserPoolId: given.poolId, ClientId: given.clientId, ...codeClient, ReadAttributes: ['email'] }
      await server().send(new UpdateUserPoolClientCommand(update))
      assert.deepEqual(attributesIn(await userInfo(tokens['access_token'])), [])
    })

    it('refuses claims that cannot be read or are too large', async () => {
      const { clientId } = await givenAna()
      const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`claim-${index}`, null]))
      const values = Array.from({ length: 21 }, (_, index) => String(index))
      const wrong: readonly string[] = [
        'x',
        '[]',
        'null',
        '"name"',
        '{"userinfo":null}',
        '{"userinfo":[]}',
        '{"id_token":"name"}',
        '{"id_token":{"name":true}}',
        '{"id_token":{"name":{"essential":"yes"}}}',
        '{"id_token":{"name":{"values":"Ana"}}}',
        JSON.stringify({ id_token: { name: { values } } }),
        JSON.stringify({ userinfo: many }),
        `${'['.repeat(2000)}${']'.repeat(2000)}`,
      ]
      for (const claims of wrong) {
        const answer = paramsIn(locationOf(await authorize(new TestBrowser(server()), clientId, { claims })))
        const expected = ['invalid_request', 'The parameter claims cannot be read.']
        assert.deepEqual([answer.get('error'), answer.get('error_description')], expected, claims.slice(0, 60))
        const pushed = await post(server(), '/oauth2/par', { client_id: clientId, redirect_uri: callback, response_type: 'code', claims })
        assert.deepEqual([pushed.status, pushed.body['error']], [400, 'invalid_request'])
      }
    })

    it('keeps small what apps ask for: unknown names are in no token', async () => {
      const given = await givenAna()
      const claims = JSON.stringify({ userinfo: { ['x'.repeat(3000)]: null } })
      const tokens = await signInForTokens(server(), given, { claims })
      assert.equal(claimsOf(String(tokens['access_token']))['userinfo_claims'], undefined)
      assert.ok(String(tokens['refresh_token']).length < 700)
    })

    it('answers only for a user whom `sub` in claims names', async () => {
      const { poolId, clientId, secret } = await givenAna()
      await givenUser(server(), poolId, 'ben')
      const ana = new TestBrowser(server())
      const request = { client_id: clientId, redirect_uri: callback, response_type: 'code', scope: 'openid' }
      const back = await ana.signIn(request, 'ana')
      const tokens = await redeemCode(server(), { clientId, secret }, back.searchParams.get('code') ?? '')
      const sub = String(claimsOf(String(tokens['id_token']))['sub'])
      const ben = new TestBrowser(server())
      await ben.signIn(request, 'ben')
      const errorFor = async (browser: TestBrowser, claims: object, more = {}) =>
        paramsIn(locationOf(await authorize(browser, clientId, { prompt: 'none', claims: JSON.stringify(claims), ...more }))).get('error')
      for (const claims of [{ id_token: { sub: { value: sub } } }, { userinfo: { sub: { values: ['other', sub] } } }]) {
        assert.equal(await errorFor(ana, claims), null)
        assert.equal(await errorFor(ben, claims), 'login_required')
      }
      const hint = { id_token_hint: String(tokens['id_token']) }
      assert.equal(await errorFor(ana, { id_token: { sub: { value: 'other' } } }, hint), 'invalid_request')
      const claims = JSON.stringify({ id_token: { sub: { value: sub } } })
      const refused = await ben.submitLogin(locationOf(await authorize(ben, clientId, { claims })), 'ben')
      assert.equal(paramsIn(locationOf(refused)).get('error'), 'login_required')
    })

    it('ignores scopes that the pool does not have, names the granted ones, and refuses those of others', async () => {
      const given = await givenAna()
      const tokens = await signInForTokens(server(), given, { scope: 'openid offline_access address https://no.test/read email' })
      assert.equal(tokens['scope'], 'openid email')
      assert.equal(claimsOf(String(tokens['access_token']))['scope'], 'openid email')
      const errorOf = async (scope: string) =>
        paramsIn(locationOf(await authorize(new TestBrowser(server()), given.clientId, { scope }))).get('error')
      const many = Array.from({ length: 101 }, (_, index) => `scope-${index}`).join(' ')
      for (const scope of ['openid https://api.test/read', 'unknown', ' ', `openid ${many}`])
        assert.equal(await errorOf(scope), 'invalid_scope')
    })

    it('narrows the scopes of a refresh, and never widens them', async () => {
      for (const rotation of [
        {},
        { RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 }, ExplicitAuthFlows: [] },
      ] as const) {
        const given = await givenAna({ client: rotation })
        let tokens = await signInForTokens(server(), given, { scope: 'openid email aws.cognito.signin.user.admin' })
        const refresh = async (scope?: string) => {
          const form = { grant_type: 'refresh_token', client_id: given.clientId, refresh_token: String(tokens['refresh_token']), scope }
          const { status, body } = await requestToken(server(), form)
          if (status === 200) tokens = { refresh_token: tokens['refresh_token'], ...body }
          return body
        }
        assert.equal((await refresh('openid'))['scope'], 'openid')
        assert.deepEqual(await shownBy(tokens), { idToken: [], userInfo: [] })
        const onlyEmail = await refresh('email')
        assert.deepEqual([onlyEmail['scope'], onlyEmail['id_token']], ['email', undefined])
        for (const wider of ['openid phone', 'unknown', ' ']) assert.equal((await refresh(wider))['error'], 'invalid_scope', wider)
        assert.equal((await refresh())['scope'], 'openid email aws.cognito.signin.user.admin')
      }
    })

    it('serves openid-client: claims, a narrowed refresh and the scope of each answer', async () => {
      const { poolId, clientId } = await givenAna()
      const options = { execute: [client.allowInsecureRequests] }
      const config = await client.discovery(new URL(`${server().url}/${poolId}`), clientId, undefined, client.None(), options)
      assert.equal(config.serverMetadata().claims_parameter_supported, true)
      const pkceCodeVerifier = client.randomPKCECodeVerifier()
      const address = client.buildAuthorizationUrl(config, {
        redirect_uri: callback,
        scope: 'openid email',
        claims: JSON.stringify({ userinfo: { name: { essential: true } } }),
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      })
      const back = await new TestBrowser(server()).signIn(Object.fromEntries(address.searchParams), 'ana')
      const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier })
      assert.equal(tokens.scope, 'openid email')
      const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? '')
      assert.deepEqual([info.name, info.email], ['Ana', 'ana@example.test'])
      const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', { scope: 'openid' })
      assert.equal(renewed.scope, 'openid')
      assert.equal((await client.fetchUserInfo(config, renewed.access_token, info.sub)).email, undefined)
    })

    it('leaves pools of manner cognito as they are', async () => {
      const given = await givenAna()
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: given.poolId, OAuth: { Manner: 'COGNITO' } })
      const tokens = await signInForTokens(server(), given, { claims: 'not JSON', acr_values: 'x' })
      assert.equal(tokens['scope'], undefined)
      const all = Object.keys(attributes).sort()
      assert.deepEqual(await shownBy(tokens), { idToken: all, userInfo: all })
      const errorOf = async (scope: string) =>
        paramsIn(locationOf(await authorize(new TestBrowser(server()), given.clientId, { scope }))).get('error')
      assert.equal(await errorOf('openid offline_access'), 'invalid_scope')
      const form = {
        grant_type: 'refresh_token',
        client_id: given.clientId,
        refresh_token: String(tokens['refresh_token']),
        scope: 'phone',
      }
      assert.equal((await requestToken(server(), form)).status, 200)
    })
  })
}
