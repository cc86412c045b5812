import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminUserGlobalSignOutCommand, CreateUserPoolDomainCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { basic, callback, givenClient, givenOAuthPool, machineClient, requestToken, send } from '../../support/oauth.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const invalidToken = 'Access token is expired, disabled, or deleted, or the user has globally signed out.'

for (const engine of engines) {
  describe(`GET /oauth2/userInfo on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(client = {}) {
      const given = await givenOAuthPool(server(), { client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'], ...client } })
      const attributes = Object.entries({ email: 'ana@example.test', email_verified: 'true', phone_number: '+15555550100', name: 'Ana' })
      const { sub } = await givenUser(server(), given.poolId, 'ana', { attributes: attributes.map(([Name, Value]) => ({ Name, Value })) })
      return { ...given, sub }
    }

    async function givenToken(clientId: string, scope: string): Promise<string> {
      const request = { response_type: 'code', client_id: clientId, redirect_uri: callback, scope }
      const code = (await new TestBrowser(server()).signIn(request, 'ana')).searchParams.get('code') ?? ''
      const form = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code }
      return String((await requestToken(server(), form)).body['access_token'])
    }

    const ask = (token: string | undefined, more = {}, method = 'GET') =>
      send(server(), '/oauth2/userInfo', { method, headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...more } })

    it('shows the claims of the scopes, all as texts', async () => {
      const { sub, clientId } = await givenAna()
      const all = { email: 'ana@example.test', email_verified: 'true', phone_number: '+15555550100', name: 'Ana' }
      const { email, email_verified, phone_number } = all
      const cases: readonly (readonly [string, object])[] = [
        ['openid', all],
        ['openid profile', all],
        ['openid aws.cognito.signin.user.admin', all],
        ['openid email', { email, email_verified }],
        ['openid phone', { phone_number }],
        ['openid email phone', { email, email_verified, phone_number }],
      ]
      for (const [scope, claims] of cases) {
        const { status, body } = await ask(await givenToken(clientId, scope))
        assert.deepEqual([status, body], [200, { sub, username: 'ana', ...claims }], scope)
      }
      assert.equal((await ask(await givenToken(clientId, 'openid'), {}, 'POST')).status, 200)
    })

    it('shows only what the client may read', async () => {
      const { sub, clientId } = await givenAna({ ReadAttributes: ['name'] })
      assert.deepEqual((await ask(await givenToken(clientId, 'openid'))).body, { sub, username: 'ana', name: 'Ana' })
    })

    it('has the headers of Cognito', async () => {
      const { clientId } = await givenAna()
      const { headers } = await ask(await givenToken(clientId, 'openid'))
      const expected = {
        'content-type': 'application/json;charset=UTF-8',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-cache, no-store, max-age=0, must-revalidate',
        pragma: 'no-cache',
        expires: '0',
        'x-frame-options': 'DENY',
        'access-control-allow-origin': '*',
      }
      for (const [name, value] of Object.entries(expected)) assert.equal(headers.get(name), value, name)
    })

    it('refuses requests and tokens with the error of the reference', async () => {
      const { poolId, clientId } = await givenAna({ AllowedOAuthScopes: ['openid', 'https://api.test/read'] })
      const other = await givenOAuthPool(server())
      const Domain = `info-${other.poolId.slice(-9).toLowerCase()}`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: other.poolId, Domain }))
      const machine = await givenClient(server(), poolId, machineClient)
      const ofClient = await requestToken(server(), { grant_type: 'client_credentials' }, basic(machine.clientId, machine.secret))
      const token = await givenToken(clientId, 'openid')
      const cases: readonly (readonly [string, () => ReturnType<typeof ask>, number, string, string | undefined])[] = [
        ['no token', () => ask(undefined), 400, 'invalid_request', 'Bad OAuth2 request at UserInfo Endpoint'],
        ['Basic', () => ask(undefined, basic('a', 'b')), 400, 'invalid_request', 'Bad OAuth2 request at UserInfo Endpoint'],
        ['no JWT', () => ask('x'), 401, 'invalid_token', invalidToken],
        ['an altered token', () => ask(`${token.slice(0, -8)}AAAAAAAA`), 401, 'invalid_token', invalidToken],
        ['the domain of another pool', () => ask(token, { host: `${Domain}.auth.localhost` }), 401, 'invalid_token', invalidToken],
        [
          'a token without openid',
          async () => ask(await givenToken(clientId, 'https://api.test/read')),
          403,
          'insufficient_scope',
          undefined,
        ],
        [
          'a token of the API',
          async () => ask((await givenTokens(server(), clientId, 'ana')).accessToken),
          403,
          'insufficient_scope',
          undefined,
        ],
        ['a token of a client', () => ask(String(ofClient.body['access_token'])), 401, 'invalid_token', invalidToken],
      ]
      for (const [what, attempt, status, error, description] of cases) {
        const answer = await attempt()
        const text = description === undefined ? '' : `, error_description="${description}"`
        assert.deepEqual([answer.status, answer.headers.get('www-authenticate')], [status, `Bearer error="${error}"${text}`], what)
        assert.equal(answer.body['error'], error, what)
      }
      await server().send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.equal((await ask(token)).status, 401)
      const late = await givenToken(clientId, 'openid')
      server().clock.advance(3_600_000)
      assert.equal((await ask(late)).status, 401)
    })
  })
}
