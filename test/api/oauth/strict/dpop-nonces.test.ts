import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { basic, callback, givenClient, machineClient, post, requestToken, send } from '../../../support/oauth.ts'
import { claimsOf } from '../../../support/sign-in.ts'
import { type ClientKey, discover, givenStrictPool, newClientKey, signProof } from '../../../support/strict.ts'
import { TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url')

for (const engine of engines) {
  describe(`DPoP nonces on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenPool(OAuth: object = { RequireDPoPNonces: true }) {
      const given = await givenStrictPool(server())
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: given.poolId, OAuth: { Manner: 'STRICT', ...OAuth } })
      const machine = await givenClient(server(), given.poolId, machineClient)
      const key = newClientKey()
      const ask = async (claims: Record<string, unknown>) =>
        requestToken(
          server(),
          { grant_type: 'client_credentials' },
          { ...basic(machine.clientId, machine.secret), ...(await proof(key, claims)) },
        )
      return { ...given, ask }
    }
    const proof = async (key: ClientKey, claims: Record<string, unknown>, path = '/oauth2/token', method = 'POST') => ({
      dpop: await signProof(key, { method, url: `${server().url}${path}`, now: server().clock.now() }, { claims }),
    })
    const needed = { error: 'use_dpop_nonce', error_description: 'The proof needs the nonce of the header DPoP-Nonce.' }

    it('asks for a nonce at the token endpoint, takes it for five minutes, and gives a fresh one with each answer', async () => {
      const { ask } = await givenPool()
      const first = await ask({})
      assert.deepEqual([first.status, first.body], [400, needed])
      assert.match(first.headers.get('access-control-expose-headers') ?? '', /dpop-nonce/)
      const nonce = first.headers.get('dpop-nonce') ?? ''
      assert.match(nonce, /^[\w-]+$/)
      for (let round = 0; round < 2; round += 1) {
        const { status, headers, body } = await ask({ nonce })
        assert.deepEqual([status, body['token_type']], [200, 'DPoP'])
        assert.match(headers.get('dpop-nonce') ?? '', /^[\w-]+$/)
      }
      server().clock.advance(299_000)
      const second = await ask({ nonce })
      assert.equal(second.status, 200)
      server().clock.advance(1000)
      assert.deepEqual((await ask({ nonce })).body, needed)
      assert.equal((await ask({ nonce: second.headers.get('dpop-nonce') })).status, 200)
    })

    it('knows a nonce after a restart: nothing about it is stored', async () => {
      const { ask } = await givenPool()
      const nonce = (await ask({})).headers.get('dpop-nonce')
      await server().restart()
      assert.equal((await ask({ nonce })).status, 200)
    })

    it('refuses nonces of other pools, changed ones, and other values', async () => {
      const { ask } = await givenPool()
      const elsewhere = await givenPool()
      const own = (await ask({})).headers.get('dpop-nonce') ?? ''
      const foreign = (await elsewhere.ask({})).headers.get('dpop-nonce') ?? ''
      assert.equal((await elsewhere.ask({ nonce: foreign })).status, 200)
      const changed = `${own.slice(0, -6)}${own.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA'}`
      for (const nonce of [foreign, changed, '', 'x', 7, null, [own], { own }, `${own}\u0000`, String(server().clock.now())]) {
        const { status, body } = await ask({ nonce })
        assert.deepEqual([status, body], [400, needed], JSON.stringify(nonce))
      }
    })

    it('uses a proof up only once its nonce is right', async () => {
      const { ask } = await givenPool()
      const nonce = (await ask({ jti: 'one' })).headers.get('dpop-nonce')
      assert.equal((await ask({ jti: 'one', nonce })).status, 200)
      assert.deepEqual((await ask({ jti: 'one', nonce })).body, { error: 'invalid_dpop_proof' })
    })

    it('asks for a nonce at the endpoint for pushed requests and at userInfo', async () => {
      const { clientId } = await givenPool()
      const key = newClientKey()
      const form = { client_id: clientId, response_type: 'code', redirect_uri: callback, scope: 'openid' }
      const push = async (claims: object) => post(server(), '/oauth2/par', form, await proof(key, { ...claims }, '/oauth2/par'))
      const refused = await push({})
      assert.deepEqual([refused.status, refused.body], [400, needed])
      const nonce = refused.headers.get('dpop-nonce')
      const { status, body } = await push({ nonce })
      assert.equal(status, 201)
      const back = await new TestBrowser(server()).signIn({ client_id: clientId, request_uri: String(body['request_uri']) }, 'ana')
      const grant = {
        grant_type: 'authorization_code',
        client_id: clientId,
        redirect_uri: callback,
        code: back.searchParams.get('code') ?? '',
      }
      assert.deepEqual((await requestToken(server(), grant, await proof(key, {}))).body, needed)
      const tokens = await requestToken(server(), grant, await proof(key, { nonce }))
      const accessToken = String(tokens.body['access_token'])
      const userInfo = async (claims: object) => {
        const headers = await proof(key, { ath: hashOf(accessToken), ...claims }, '/oauth2/userInfo', 'GET')
        return send(server(), '/oauth2/userInfo', { headers: { authorization: `DPoP ${accessToken}`, ...headers } })
      }
      const challenged = await userInfo({})
      assert.deepEqual([challenged.status, challenged.body], [401, needed])
      assert.match(challenged.headers.get('www-authenticate') ?? '', /^DPoP error="use_dpop_nonce", .*algs="ES256 /)
      assert.match(challenged.headers.get('access-control-expose-headers') ?? '', /www-authenticate.*dpop-nonce/)
      const answer = await userInfo({ nonce: challenged.headers.get('dpop-nonce') })
      assert.deepEqual([answer.status, answer.body['sub']], [200, claimsOf(accessToken)['sub']])
    })

    it('serves oauth4webapi and openid-client, which send the nonce of the answer', async () => {
      const { poolId, clientId } = await givenPool()
      const { as, options: insecure } = await discover(server(), poolId)
      const skew = Math.round((server().clock.now() - Date.now()) / 1000)
      const app = { client_id: clientId, [oauth.clockSkew]: skew }
      const keys = await oauth.generateKeyPair('ES256')
      const DPoP = oauth.DPoP(app, keys)
      const options = { ...insecure, DPoP }
      const push = async () => {
        const parameters = new URLSearchParams({ response_type: 'code', redirect_uri: callback, scope: 'openid' })
        const response = await oauth.pushedAuthorizationRequest(as, app, oauth.None(), parameters, options)
        return oauth.processPushedAuthorizationResponse(as, app, response)
      }
      await assert.rejects(push(), (error) => oauth.isDPoPNonceError(error))
      const { request_uri } = await push()
      const back = await new TestBrowser(server()).signIn({ client_id: clientId, request_uri }, 'ana')
      const answer = oauth.validateAuthResponse(as, app, back, oauth.expectNoState)
      const exchanged = await oauth.authorizationCodeGrantRequest(as, app, oauth.None(), answer, callback, oauth.nopkce, options)
      const tokens = await oauth.processAuthorizationCodeResponse(as, app, exchanged)
      assert.equal(tokens.token_type, 'dpop')
      const config = await client.discovery(new URL(`${server().url}/${poolId}`), clientId, { [client.clockSkew]: skew }, client.None(), {
        execute: [client.allowInsecureRequests],
      })
      const handle = client.getDPoPHandle(config, keys)
      const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', {}, { DPoP: handle })
      const sub = String(claimsOf(tokens.access_token)['sub'])
      assert.equal((await client.fetchUserInfo(config, renewed.access_token, sub, { DPoP: handle })).sub, sub)
    })

    it('demands and offers no nonce where the pool does not ask for it, or is of manner cognito', async () => {
      for (const OAuth of [{}, { RequireDPoPNonces: false }, { Manner: 'COGNITO', RequireDPoPNonces: true }]) {
        const { ask } = await givenPool(OAuth)
        const { status, headers } = await ask({})
        assert.deepEqual([status, headers.get('dpop-nonce')], [200, null], JSON.stringify(OAuth))
        assert.doesNotMatch(headers.get('access-control-expose-headers') ?? '', /dpop-nonce/)
        assert.equal((await ask({ nonce: 'x' })).status, 200)
      }
    })
  })
}
