import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand, AdminGetUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { basic, callback, codeClient, givenClient, givenOAuthPool, post, requestToken } from '../../support/oauth.ts'
import { claimsOf, givenTokens, givenUser } from '../../support/sign-in.ts'
import { TestBrowser } from '../../support/test-browser.ts'
import { type TestPoolOptions, type TestServer, useTestServer } from '../../support/test-server.ts'
import { exchange, refresh, useAccessToken } from '../../support/tokens.ts'

const rotation = (RetryGracePeriodSeconds = 0) => ({ RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds } }) as const
const apiFlows: TestPoolOptions['client'] = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] }

async function givenHostedTokens(server: TestServer, clientId: string, scope = 'openid email', secret?: string) {
  const request = { response_type: 'code', client_id: clientId, redirect_uri: callback, scope }
  const code = (await new TestBrowser(server).signIn(request, 'ana')).searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', client_id: clientId, client_secret: secret, redirect_uri: callback, code }
  const { body } = await requestToken(server, form)
  return { accessToken: String(body['access_token']), refreshToken: String(body['refresh_token']) }
}

for (const engine of engines) {
  describe(`POST /oauth2/token with refresh_token on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(client = {}) {
      const given = await givenOAuthPool(server(), { client: { ...apiFlows, ...client } })
      await givenUser(server(), given.poolId, 'ana', { attributes: [{ Name: 'email', Value: 'ana@example.test' }] })
      return given
    }
    const renew = (clientId: string, refreshToken: string) =>
      requestToken(server(), { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken })

    it('keeps the granted scopes, the origin and the time of the sign-in, and gives no new refresh token', async () => {
      const { clientId } = await givenAna()
      const first = await givenHostedTokens(server(), clientId)
      server().clock.advance(60_000)
      const { status, body } = await renew(clientId, first.refreshToken)
      assert.equal(status, 200)
      assert.deepEqual(Object.keys(body), ['id_token', 'access_token', 'expires_in', 'token_type'])
      const [before, after] = [claimsOf(first.accessToken), claimsOf(String(body['access_token']))]
      for (const name of ['scope', 'auth_time', 'origin_jti', 'version', 'event_id']) assert.deepEqual(after[name], before[name], name)
      assert.notEqual(after['jti'], before['jti'])
      assert.equal(claimsOf(String(body['id_token']))['nonce'], undefined)
    })

    it('never widens the scopes of a hosted sign-in when the API refreshes it', async () => {
      const { clientId } = await givenAna()
      const { refreshToken } = await givenHostedTokens(server(), clientId, 'openid email')
      const { AuthenticationResult: byFlow } = await refresh(server(), clientId, refreshToken)
      assert.equal(claimsOf(byFlow?.AccessToken ?? '')['scope'], 'openid email')
      const { accessToken } = await exchange(server(), { ClientId: clientId, RefreshToken: refreshToken })
      assert.equal(claimsOf(accessToken)['scope'], 'openid email')
    })

    it('takes refresh tokens of API sign-ins', async () => {
      const { clientId } = await givenAna()
      const { refreshToken } = await givenTokens(server(), clientId, 'ana')
      const { body } = await renew(clientId, refreshToken)
      const claims = claimsOf(String(body['access_token']))
      assert.deepEqual([claims['scope'], claims['version']], ['aws.cognito.signin.user.admin', undefined])
    })

    it('rotates refresh tokens, and ends the session when an old one is used after the grace period', async () => {
      const { clientId } = await givenAna({ ...rotation(10), ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
      const { refreshToken: old } = await givenHostedTokens(server(), clientId)
      const { body } = await renew(clientId, old)
      const fresh = String(body['refresh_token'])
      assert.equal((await renew(clientId, old)).status, 200)
      server().clock.advance(10_000)
      assert.deepEqual((await renew(clientId, old)).body, { error: 'invalid_grant' })
      assert.deepEqual((await renew(clientId, fresh)).body, { error: 'invalid_grant' })
    })

    it('refuses tokens with the error of the reference', async () => {
      const { poolId, clientId } = await givenAna({ RefreshTokenValidity: 1 })
      const other = await givenClient(server(), poolId, codeClient)
      const off = await givenClient(server(), poolId, { ...codeClient, AllowedOAuthFlowsUserPoolClient: false })
      const { refreshToken, accessToken } = await givenHostedTokens(server(), clientId)
      assert.deepEqual((await renew(clientId, '')).body, { error: 'invalid_request' })
      assert.deepEqual((await renew(clientId, 'x')).body, { error: 'invalid_grant' })
      assert.deepEqual((await renew(clientId, accessToken)).body, { error: 'invalid_grant' })
      assert.deepEqual((await renew(other.clientId, refreshToken)).body, { error: 'invalid_grant' })
      assert.deepEqual((await renew(off.clientId, refreshToken)).body, { error: 'unauthorized_client' })
      server().clock.advance(86_400_000)
      assert.deepEqual((await renew(clientId, refreshToken)).body, { error: 'invalid_grant' })
      const again = await givenHostedTokens(server(), clientId)
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual((await renew(clientId, again.refreshToken)).body, { error: 'invalid_grant' })
    })
  })

  describe(`POST /oauth2/revoke on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(client = {}) {
      const given = await givenOAuthPool(server(), { client: { ...apiFlows, ...client } })
      await givenUser(server(), given.poolId, 'ana')
      return given
    }
    const revoke = (form: Readonly<Record<string, string | undefined>>, headers?: Readonly<Record<string, string>>) =>
      post(server(), '/oauth2/revoke', form, headers)

    it('ends the session of a refresh token, with all its tokens, and answers nothing', async () => {
      const { clientId } = await givenAna()
      const scope = 'openid aws.cognito.signin.user.admin'
      const { accessToken, refreshToken } = await givenHostedTokens(server(), clientId, scope)
      const other = await givenHostedTokens(server(), clientId, scope)
      const { status, text } = await revoke({ token: refreshToken, client_id: clientId })
      assert.deepEqual([status, text], [200, ''])
      await assert.rejects(useAccessToken(server(), accessToken), { message: 'Access Token has been revoked' })
      const renewal = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }
      assert.deepEqual((await requestToken(server(), renewal)).body, { error: 'invalid_grant' })
      await useAccessToken(server(), other.accessToken)
    })

    it('answers wrong requests with the error of the reference', async () => {
      const { poolId, clientId, secret } = await givenAna({ GenerateSecret: true, ExplicitAuthFlows: [] })
      const open = await givenClient(server(), poolId, codeClient)
      const off = await givenClient(server(), poolId, { ...codeClient, EnableTokenRevocation: false })
      const { accessToken, refreshToken } = await givenHostedTokens(server(), clientId, 'openid', secret)
      const own = basic(clientId, secret)
      const cases: readonly (readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, number, string])[] = [
        ['no token', {}, own, 400, 'invalid_request'],
        ['no client', { token: refreshToken }, {}, 400, 'invalid_request'],
        ['an access token', { token: accessToken }, own, 400, 'unsupported_token_type'],
        ['a client without revocation', { token: refreshToken, client_id: off.clientId }, {}, 400, 'invalid_request'],
        ['a wrong secret', { token: refreshToken }, basic(clientId, `${secret}x`), 401, 'invalid_client'],
        ['no secret', { token: refreshToken, client_id: clientId }, {}, 401, 'invalid_client'],
        ['another client', { token: refreshToken, client_id: open.clientId }, {}, 401, 'invalid_client'],
      ]
      for (const [what, form, headers, status, error] of cases) {
        const answer = await revoke(form, headers)
        assert.deepEqual([answer.status, answer.body], [status, { error }], what)
      }
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
      assert.equal((await requestToken(server(), form, own)).status, 200)
      for (const token of ['unknown', refreshToken, refreshToken]) {
        assert.deepEqual([(await revoke({ token }, own)).status, token], [200, token])
      }
      assert.ok(await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' })))
    })
  })
}
