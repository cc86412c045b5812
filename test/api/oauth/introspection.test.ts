import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableUserCommand,
  AdminUserGlobalSignOutCommand,
  DeleteUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import * as oauth from 'oauth4webapi'
import { engines } from '../../support/engines.ts'
import { basic, codeClient, givenClient, givenOAuthPool, machineClient, post, requestToken } from '../../support/oauth.ts'
import { claimsOf, givenTokens } from '../../support/sign-in.ts'
import { discover, givenHostedTokens, givenStrictPool } from '../../support/strict.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

/** A pool with an app, and a resource server that asks about tokens. */
async function givenAsker(server: TestServer, client = {}) {
  const app = await givenStrictPool(server, { client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'], ...client } })
  const asker = await givenClient(server, app.poolId, machineClient)
  const ask = async (token: string) => (await post(server, '/oauth2/introspect', { token }, basic(asker.clientId, asker.secret))).body
  return { app, asker, ask }
}

for (const engine of engines) {
  describe(`POST /oauth2/introspect on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('tells a resource server what an access token of its pool stands for, with oauth4webapi', async () => {
      const { app, asker } = await givenAsker(server())
      const { accessToken } = await givenHostedTokens(server(), app, 'openid email')
      const { as, options } = await discover(server(), app.poolId)
      const client = { client_id: asker.clientId }
      const response = await oauth.introspectionRequest(as, client, oauth.ClientSecretBasic(asker.secret), accessToken, options)
      const answer = await oauth.processIntrospectionResponse(as, client, response)
      const { sub, exp, iat, jti, iss } = claimsOf(accessToken)
      const expected = { active: true, token_type: 'Bearer', scope: 'openid email', client_id: app.clientId, username: 'ana' }
      assert.deepEqual(answer, { ...expected, sub, exp, iat, jti, iss })
    })

    it('tells a client about its own refresh token, and no other client', async () => {
      const { app, ask } = await givenAsker(server(), { GenerateSecret: true, ExplicitAuthFlows: [] })
      const { refreshToken, accessToken } = await givenHostedTokens(server(), app)
      const own = await post(server(), '/oauth2/introspect', { token: refreshToken }, basic(app.clientId, app.secret))
      const { exp, ...rest } = own.body
      const { sub, iss } = claimsOf(accessToken)
      assert.deepEqual(rest, { active: true, scope: 'openid', client_id: app.clientId, username: 'ana', sub, iss })
      assert.equal(typeof exp, 'number')
      assert.deepEqual(await ask(refreshToken), { active: false })
    })

    it('knows tokens that clients got for themselves, until the client is deleted', async () => {
      const { app, asker, ask } = await givenAsker(server())
      const other = await givenClient(server(), app.poolId, machineClient)
      const { body } = await requestToken(server(), { grant_type: 'client_credentials' }, basic(other.clientId, other.secret))
      const token = String(body['access_token'])
      const answer = await ask(token)
      assert.deepEqual([answer['active'], answer['sub'], answer['client_id']], [true, other.clientId, other.clientId])
      assert.equal(answer['username'], undefined)
      await server().send(new DeleteUserPoolClientCommand({ UserPoolId: app.poolId, ClientId: other.clientId }))
      assert.deepEqual(await ask(token), { active: false })
      assert.notEqual(asker.clientId, other.clientId)
    })

    it('says only that a token is not active, for everything that is no good token of the pool', async () => {
      const { app, ask } = await givenAsker(server())
      const { poolId } = app
      const { accessToken, idToken, refreshToken } = await givenHostedTokens(server(), app)
      const [head, , signature] = accessToken.split('.')
      const forged = Buffer.from(JSON.stringify({ ...claimsOf(accessToken), scope: 'admin' })).toString('base64url')
      const unsigned = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
      const otherPool = await givenAsker(server())
      const foreign = await givenHostedTokens(server(), otherPool.app)
      const dead: readonly (readonly [string, string])[] = [
        ['a text', 'x'],
        ['two dots', '..'],
        ['control characters', '\u0001.\u0001.\u0001'],
        ['an ID token', idToken],
        ['a forged token', `${head}.${forged}.${signature}`],
        ['an unsigned token', `${unsigned}.${forged}.`],
        ['a token of another pool', foreign.accessToken],
        ['a refresh token of another client', refreshToken],
      ]
      for (const [what, token] of dead) assert.deepEqual(await ask(token), { active: false }, what)
      assert.equal((await ask(accessToken))['active'], true)
      await post(server(), '/oauth2/revoke', { token: refreshToken, client_id: app.clientId })
      assert.deepEqual(await ask(accessToken), { active: false })

      const second = await givenTokens(server(), app.clientId, 'ana')
      assert.equal((await ask(second.accessToken))['active'], true)
      await server().send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(await ask(second.accessToken), { active: false })

      const third = await givenTokens(server(), app.clientId, 'ana')
      server().clock.advance(3_600_000)
      assert.deepEqual(await ask(third.accessToken), { active: false })

      const fourth = await givenTokens(server(), app.clientId, 'ana')
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(await ask(fourth.accessToken), { active: false })
    })

    it('takes a replaced refresh token for active during the grace period only', async () => {
      const RefreshTokenRotation = { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 } as const
      const { app } = await givenAsker(server(), { GenerateSecret: true, ExplicitAuthFlows: [], RefreshTokenRotation })
      const own = basic(app.clientId, app.secret)
      const { refreshToken } = await givenHostedTokens(server(), app)
      const isActive = async (token: string) => (await post(server(), '/oauth2/introspect', { token }, own)).body['active']
      const { body } = await requestToken(server(), { grant_type: 'refresh_token', refresh_token: refreshToken }, own)
      assert.equal(await isActive(refreshToken), true)
      server().clock.advance(10_000)
      assert.equal(await isActive(refreshToken), false)
      assert.equal(await isActive(String(body['refresh_token'])), true)
    })

    it('refuses callers that do not authenticate themselves', async () => {
      const { app, asker } = await givenAsker(server())
      const cognito = await givenOAuthPool(server(), { client: { GenerateSecret: true } })
      const open = await givenClient(server(), app.poolId, codeClient)
      const { accessToken: token } = await givenHostedTokens(server(), app)
      const own = basic(asker.clientId, asker.secret)
      const cases: readonly (readonly [string, Record<string, string>, Record<string, string>, number, string])[] = [
        ['no client', { token }, {}, 400, 'invalid_request'],
        ['a public client', { token, client_id: open.clientId }, {}, 401, 'invalid_client'],
        ['the public client of the token', { token, client_id: app.clientId }, {}, 401, 'invalid_client'],
        ['no secret', { token, client_id: asker.clientId }, {}, 401, 'invalid_client'],
        ['a wrong secret', { token }, basic(asker.clientId, 'x'), 401, 'invalid_client'],
        ['an unknown client', { token }, basic('nobody', 'x'), 401, 'invalid_client'],
        ['the access token as authentication', { token }, { authorization: `Bearer ${token}` }, 400, 'invalid_request'],
        ['no token', {}, own, 400, 'invalid_request'],
        ['a body that is no form', {}, { ...own, 'content-type': 'application/json' }, 400, 'invalid_request'],
      ]
      for (const [what, form, headers, status, error] of cases) {
        const answer = await post(server(), '/oauth2/introspect', form, headers)
        assert.deepEqual([answer.status, answer.body], [status, { error }], what)
      }
      const absent = await post(server(), '/oauth2/introspect', { token }, basic(cognito.clientId, cognito.secret))
      assert.equal(absent.status, 404)
    })
  })
}
