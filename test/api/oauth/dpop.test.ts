import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import * as oauth from 'oauth4webapi'
import { engines } from '../../support/engines.ts'
import { basic, callback, givenClient, givenOAuthPool, machineClient, post, requestToken, send } from '../../support/oauth.ts'
import { claimsOf } from '../../support/sign-in.ts'
import {
  assertionForm,
  type ClientKey,
  discover,
  givenStrictPool,
  newClientKey,
  setClientKeys,
  signAssertion,
  signProof,
} from '../../support/strict.ts'
import { TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { exchange, useAccessToken } from '../../support/tokens.ts'

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url')
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

for (const engine of engines) {
  describe(`DPoP on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const target = (path = '/oauth2/token', method = 'POST') => ({ method, url: `${server().url}${path}`, now: server().clock.now() })
    const proofFor = async (key: ClientKey, path?: string, method?: string) => ({ dpop: await signProof(key, target(path, method)) })

    async function codeOf(clientId: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
      const scope = 'openid email aws.cognito.signin.user.admin'
      const request = { response_type: 'code', client_id: clientId, redirect_uri: callback, scope, ...more }
      return (await new TestBrowser(server()).signIn(request, 'ana')).searchParams.get('code') ?? ''
    }
    async function boundTokens(clientId: string, key: ClientKey, secret?: string) {
      const form = { grant_type: 'authorization_code', client_id: clientId, client_secret: secret, redirect_uri: callback }
      const { body } = await requestToken(server(), { ...form, code: await codeOf(clientId) }, await proofFor(key))
      assert.equal(body['token_type'], 'DPoP', JSON.stringify(body))
      return { accessToken: String(body['access_token']), refreshToken: String(body['refresh_token']) }
    }
    const userInfo = (headers: Readonly<Record<string, string>>, method = 'GET') => send(server(), '/oauth2/userInfo', { method, headers })
    const proofOf = async (key: ClientKey, token: string) =>
      signProof(key, target('/oauth2/userInfo', 'GET'), { claims: { ath: hashOf(token) } })

    it('takes a time with fractions of a second', async () => {
      const { clientId } = await givenStrictPool(server())
      const iat = server().clock.now() / 1000 + 0.1234567
      const dpop = await signProof(newClientKey(), target(), { claims: { iat } })
      const form = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code: await codeOf(clientId) }
      assert.equal((await requestToken(server(), form, { dpop })).body['token_type'], 'DPoP')
    })

    it('binds the tokens of oauth4webapi to its key, from the pushed request to userInfo and a refresh', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      const { as, options: insecure } = await discover(server(), poolId)
      const client = { client_id: clientId, [oauth.clockSkew]: Math.round((server().clock.now() - Date.now()) / 1000) }
      const keys = await oauth.generateKeyPair('ES256')
      const options = { ...insecure, DPoP: oauth.DPoP(client, keys) }
      const verifier = oauth.generateRandomCodeVerifier()
      const challenge = await oauth.calculatePKCECodeChallenge(verifier)
      const asked = { response_type: 'code', redirect_uri: callback, code_challenge: challenge, code_challenge_method: 'S256' }
      const parameters = new URLSearchParams({ ...asked, scope: 'openid' })
      const response = await oauth.pushedAuthorizationRequest(as, client, oauth.None(), parameters, options)
      const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, response)
      const back = await new TestBrowser(server()).signIn({ client_id: clientId, request_uri }, 'ana')
      const answer = oauth.validateAuthResponse(as, client, back, oauth.expectNoState)
      const exchanged = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), answer, callback, verifier, options)
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, exchanged)
      assert.equal(tokens.token_type, 'dpop')
      const jkt = await calculateJwkThumbprint(await crypto.subtle.exportKey('jwk', keys.publicKey))
      assert.deepEqual(claimsOf(tokens.access_token)['cnf'], { jkt })
      const sub = String(claimsOf(tokens.access_token)['sub'])
      const info = await oauth.userInfoRequest(as, client, tokens.access_token, options)
      assert.equal((await oauth.processUserInfoResponse(as, client, sub, info)).sub, sub)
      const renewal = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token ?? '', options)
      const renewed = await oauth.processRefreshTokenResponse(as, client, renewal)
      assert.deepEqual(claimsOf(renewed.access_token)['cnf'], { jkt })
    })

    it('refuses proofs that are not right', async () => {
      const { poolId } = await givenStrictPool(server())
      const { clientId, secret } = await givenClient(server(), poolId, machineClient)
      const [key, other] = [newClientKey(), newClientKey()]
      const { now } = target()
      const seconds = Math.floor(now / 1000)
      const { kid: _kid, ...jwk } = key.jwk
      const claims = { htm: 'POST', htu: target().url, iat: seconds, jti: 'x' }
      const symmetric = { kty: 'oct', k: Buffer.from('secret').toString('base64url') }
      const input = `${encode({ typ: 'dpop+jwt', alg: 'HS256', jwk: symmetric })}.${encode(claims)}`
      const sign = (changed: Record<string, unknown>, header: Record<string, unknown> = {}) =>
        signProof(key, target(), { claims: changed, header })
      const cases: readonly (readonly [string, string])[] = [
        ['another URL', await sign({ htu: `${server().url}/oauth2/revoke` })],
        ['another host', await sign({ htu: 'https://evil.test/oauth2/token' })],
        ['no URL', await sign({ htu: undefined })],
        ['another method', await sign({ htm: 'GET' })],
        ['an old proof', await sign({ iat: seconds - 301 })],
        ['a proof of the future', await sign({ iat: seconds + 62 })],
        ['no time', await sign({ iat: undefined })],
        ['a time that is no number', await sign({ iat: 'now' })],
        ['no jti', await sign({ jti: undefined })],
        ['another type', await sign({}, { typ: 'jwt' })],
        ['no key', await sign({}, { jwk: undefined })],
        ['the key of another', await sign({}, { jwk: other.jwk })],
        ['a private key', await sign({}, { jwk: key.privateKey.export({ format: 'jwk' }) })],
        ['half a key', await sign({}, { jwk: { kty: 'EC', crv: 'P-256' } })],
        ['a key that is no object', await sign({}, { jwk: 'x' })],
        ['no algorithm', `${encode({ typ: 'dpop+jwt', alg: 'none', jwk })}.${encode(claims)}.`],
        ['a symmetric key', `${input}.${createHmac('sha256', 'secret').update(input).digest('base64url')}`],
        ['two proofs', `${await sign({})}, ${await sign({})}`],
        ['a long proof', await sign({ pad: 'x'.repeat(8000) })],
        ['a text', 'x'],
        ['two dots', '..'],
      ]
      const ask = (dpop: string) => requestToken(server(), { grant_type: 'client_credentials' }, { ...basic(clientId, secret), dpop })
      for (const [what, proof] of cases) {
        const { status, body } = await ask(proof)
        assert.deepEqual([status, body], [400, { error: 'invalid_dpop_proof' }], what)
      }
      const good = await sign({ htu: `${target().url}?query#fragment` })
      const answers = await Promise.all([1, 2, 3].map(() => ask(good)))
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400, 400])
    })

    it('accepts a bound token at userInfo with a proof of its key only', async () => {
      const { clientId } = await givenStrictPool(server())
      const key = newClientKey()
      const { accessToken } = await boundTokens(clientId, key)
      const { accessToken: second } = await boundTokens(clientId, key)
      const authorization = `DPoP ${accessToken}`
      const good = await proofOf(key, accessToken)
      const cases: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
        ['as a bearer token', { authorization: `Bearer ${accessToken}` }, 'invalid_token'],
        ['as a bearer token with a proof', { authorization: `Bearer ${accessToken}`, dpop: good }, 'invalid_token'],
        ['without a proof', { authorization }, 'invalid_dpop_proof'],
        ['with the proof of another key', { authorization, dpop: await proofOf(newClientKey(), accessToken) }, 'invalid_dpop_proof'],
        ['with a proof for another token', { authorization, dpop: await proofOf(key, second) }, 'invalid_dpop_proof'],
        ['with a proof without a hash', { authorization, ...(await proofFor(key, '/oauth2/userInfo', 'GET')) }, 'invalid_dpop_proof'],
        ['with a proof for the token endpoint', { authorization, ...(await proofFor(key)) }, 'invalid_dpop_proof'],
      ]
      for (const [what, headers, error] of cases) {
        const { status, body, headers: received } = await userInfo(headers)
        assert.deepEqual([status, body['error']], [401, error], what)
        const scheme = headers['authorization']?.split(' ')[0]
        assert.ok(received.get('www-authenticate')?.startsWith(`${scheme} error="${error}"`), what)
      }
      assert.equal((await userInfo({ authorization, dpop: good })).status, 200)
      assert.equal((await userInfo({ authorization, dpop: good })).status, 401)
      await assert.rejects(useAccessToken(server(), accessToken), { name: 'NotAuthorizedException' })
    })

    it('refreshes the token of a public client with its key only, and never through the API', async () => {
      const { clientId } = await givenStrictPool(server(), { client: { ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'] } })
      const [key, thief] = [newClientKey(), newClientKey()]
      const { refreshToken } = await boundTokens(clientId, key)
      const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }
      assert.deepEqual((await requestToken(server(), form)).body, { error: 'invalid_grant' })
      assert.deepEqual((await requestToken(server(), form, await proofFor(thief))).body, { error: 'invalid_grant' })
      await assert.rejects(exchange(server(), { ClientId: clientId, RefreshToken: refreshToken }), { name: 'NotAuthorizedException' })
      const { body } = await requestToken(server(), form, await proofFor(key))
      assert.equal(body['token_type'], 'DPoP')
    })

    it('binds the refresh token of a client that has keys and no secret, because the API does not know its keys', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      const own = newClientKey('own')
      await setClientKeys(server(), poolId, clientId, [own.jwk])
      const now = server().clock.now()
      const assertion = assertionForm(await signAssertion(own, { clientId, audience: `${server().url}/${poolId}`, now }))
      const form = { grant_type: 'authorization_code', redirect_uri: callback, code: await codeOf(clientId), ...assertion }
      const { body } = await requestToken(server(), form, await proofFor(newClientKey()))
      assert.equal(body['token_type'], 'DPoP', JSON.stringify(body))
      const stolen = exchange(server(), { ClientId: clientId, RefreshToken: String(body['refresh_token']) })
      await assert.rejects(stolen, { name: 'NotAuthorizedException' })
    })

    it('lets a client with a secret change its key at a refresh', async () => {
      const { clientId, secret } = await givenStrictPool(server(), { client: { GenerateSecret: true } })
      const [key, next] = [newClientKey(), newClientKey()]
      const { refreshToken } = await boundTokens(clientId, key, secret)
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
      const { body } = await requestToken(server(), form, { ...basic(clientId, secret), ...(await proofFor(next)) })
      assert.deepEqual(claimsOf(String(body['access_token']))['cnf'], { jkt: await calculateJwkThumbprint(next.jwk) })
      const introspected = await post(server(), '/oauth2/introspect', { token: String(body['access_token']) }, basic(clientId, secret))
      assert.deepEqual(
        [introspected.body['token_type'], introspected.body['cnf']],
        ['DPoP', { jkt: await calculateJwkThumbprint(next.jwk) }],
      )
    })

    it('gives a code with dpop_jkt to the holder of the key only', async () => {
      const { clientId } = await givenStrictPool(server())
      const [key, thief] = [newClientKey(), newClientKey()]
      const code = await codeOf(clientId, { dpop_jkt: await calculateJwkThumbprint(key.jwk) })
      const form = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code }
      assert.deepEqual((await requestToken(server(), form)).body, { error: 'invalid_grant' })
      assert.deepEqual((await requestToken(server(), form, await proofFor(thief))).body, { error: 'invalid_grant' })
      assert.equal((await requestToken(server(), form, await proofFor(key))).status, 200)
      const pushed = { response_type: 'code', client_id: clientId, redirect_uri: callback, dpop_jkt: await calculateJwkThumbprint(key.jwk) }
      const answer = await post(server(), '/oauth2/par', pushed, await proofFor(thief, '/oauth2/par'))
      assert.deepEqual(answer.body, { error: 'invalid_dpop_proof' })
    })

    it('ignores proofs in pools of manner Cognito', async () => {
      const { poolId } = await givenOAuthPool(server())
      const { clientId, secret } = await givenClient(server(), poolId, machineClient)
      const headers = { ...basic(clientId, secret), dpop: 'x' }
      const { body } = await requestToken(server(), { grant_type: 'client_credentials' }, headers)
      assert.deepEqual([body['token_type'], claimsOf(String(body['access_token']))['cnf']], ['Bearer', undefined])
    })
  })
}
