import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddUserPoolClientSecretCommand,
  DeleteResourceServerCommand,
  UpdateResourceServerCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { basic, codeClient, givenClient, givenResourceServer, machineClient, requestToken, send } from '../../support/oauth.ts'
import { claimsOf } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

async function givenMachine(server: TestServer, options = {}) {
  const { poolId } = await server.givenPool()
  await givenResourceServer(server, poolId)
  return { poolId, ...(await givenClient(server, poolId, { ...machineClient, ...options })) }
}

for (const engine of engines) {
  describe(`POST /oauth2/token with client_credentials on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const grant = { grant_type: 'client_credentials' }

    it('gives an access token of the client itself', async () => {
      const { poolId, clientId, secret } = await givenMachine(server())
      const { status, headers, body } = await requestToken(server(), grant, basic(clientId, secret))
      assert.equal(status, 200)
      assert.equal(headers.get('content-type'), 'application/json;charset=UTF-8')
      assert.match(headers.get('x-amz-cognito-request-id') ?? '', /^[0-9a-f-]{36}$/)
      assert.match(headers.get('cache-control') ?? '', /no-store/)
      assert.equal(headers.get('access-control-allow-origin'), '*')
      const { access_token: token, ...rest } = body
      assert.deepEqual(rest, { expires_in: 3600, token_type: 'Bearer' })
      const { iat, exp, auth_time, jti, ...claims } = claimsOf(String(token))
      assert.equal(Number(exp) - Number(iat), 3600)
      assert.ok(jti && auth_time)
      assert.deepEqual(claims, {
        sub: clientId,
        token_use: 'access',
        scope: machineClient.AllowedOAuthScopes.join(' '),
        iss: `${server().url}/${poolId}`,
        version: 2,
        client_id: clientId,
      })
    })

    it('takes the secret from the header or the body, and either of two secrets', async () => {
      const { poolId, clientId, secret } = await givenMachine(server())
      const second = 'second+secret+with+pluses'
      await server().send(new AddUserPoolClientSecretCommand({ UserPoolId: poolId, ClientId: clientId, ClientSecret: second }))
      const answers = [
        await requestToken(server(), grant, basic(clientId, secret)),
        await requestToken(server(), grant, basic(clientId, second)),
        await requestToken(server(), grant, basic(clientId, encodeURIComponent(second))),
        await requestToken(server(), { ...grant, client_id: clientId }, basic(clientId, secret)),
        await requestToken(server(), { ...grant, client_id: clientId, client_secret: second }),
      ]
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200, 200],
      )
    })

    it('gives the scopes that were asked for, in their order', async () => {
      const { clientId, secret } = await givenMachine(server())
      const { body } = await requestToken(
        server(),
        { ...grant, scope: 'https://api.test/write https://api.test/read' },
        basic(clientId, secret),
      )
      assert.equal(claimsOf(String(body['access_token']))['scope'], 'https://api.test/write https://api.test/read')
    })

    it('leaves out scopes whose resource server no longer has them', async () => {
      const { poolId, clientId, secret } = await givenMachine(server())
      const Scopes = [{ ScopeName: 'read', ScopeDescription: 'read' }]
      await server().send(new UpdateResourceServerCommand({ UserPoolId: poolId, Identifier: 'https://api.test', Name: 'api', Scopes }))
      const { body } = await requestToken(server(), grant, basic(clientId, secret))
      assert.equal(claimsOf(String(body['access_token']))['scope'], 'https://api.test/read')
      const gone = await requestToken(server(), { ...grant, scope: 'https://api.test/write' }, basic(clientId, secret))
      assert.deepEqual([gone.status, gone.body], [400, { error: 'invalid_scope' }])
      await server().send(new DeleteResourceServerCommand({ UserPoolId: poolId, Identifier: 'https://api.test' }))
      assert.deepEqual((await requestToken(server(), grant, basic(clientId, secret))).body, { error: 'invalid_scope' })
    })

    it('answers wrong requests with the error of the reference', async () => {
      const { poolId, clientId, secret } = await givenMachine(server(), { AllowedOAuthScopes: ['https://api.test/read'] })
      const web = await givenClient(server(), poolId, { ...codeClient, GenerateSecret: true })
      const off = await givenClient(server(), poolId, { ...machineClient, AllowedOAuthFlowsUserPoolClient: false })
      const open = await givenClient(server(), poolId, codeClient)
      const valid = basic(clientId, secret)
      const id = { client_id: clientId }
      const cases: readonly (readonly [string, Record<string, string> | string, Record<string, string>, string])[] = [
        ['no grant type', '', valid, 'invalid_request'],
        ['an empty grant type', 'grant_type=', valid, 'invalid_request'],
        ['an unknown grant type', { grant_type: 'password' }, valid, 'unsupported_grant_type'],
        ['the name of a member of every object', { grant_type: 'constructor' }, valid, 'unsupported_grant_type'],
        ['a repeated parameter', 'grant_type=client_credentials&grant_type=client_credentials', valid, 'invalid_request'],
        ['a repeated empty parameter', 'grant_type=client_credentials&scope=&scope=', valid, 'invalid_request'],
        ['a NUL character', `grant_type=client_credentials&scope=%00`, valid, 'invalid_request'],
        [
          'more parameters than any client sends',
          `grant_type=client_credentials${'&'.padEnd(1)}${Array.from({ length: 101 }, (_, at) => `p${at}=1`).join('&')}`,
          valid,
          'invalid_request',
        ],
        ['no client', grant, {}, 'invalid_request'],
        ['an unknown client', grant, basic('0123456789abcdefghijklmnop', secret), 'invalid_client'],
        ['a client id that is no id', grant, basic("' or 1=1", secret), 'invalid_client'],
        ['a wrong secret', grant, basic(clientId, `${secret}x`), 'invalid_client'],
        ['an empty secret', grant, basic(clientId, ''), 'invalid_client'],
        ['no secret', { ...grant, ...id }, {}, 'invalid_client'],
        ['a header without a colon', grant, { authorization: `Basic ${Buffer.from(clientId).toString('base64')}` }, 'invalid_client'],
        ['another client in the body', { ...grant, client_id: web.clientId }, valid, 'invalid_client'],
        ['a client of the code flow', grant, basic(web.clientId, web.secret), 'unauthorized_client'],
        ['a public client', { ...grant, client_id: open.clientId }, {}, 'unauthorized_client'],
        ['a client that may not use OAuth', grant, basic(off.clientId, off.secret), 'unauthorized_client'],
        ['a scope that does not exist', { ...grant, scope: 'https://api.test/delete' }, valid, 'invalid_scope'],
        ['one wrong scope among right ones', { ...grant, scope: 'https://api.test/read nothing' }, valid, 'invalid_scope'],
        ['a scope about users', { ...grant, scope: 'openid' }, valid, 'invalid_scope'],
        ['a scope of another client', { ...grant, scope: 'https://api.test/write' }, valid, 'invalid_grant'],
        ['metadata that is no JSON', { ...grant, aws_client_metadata: '{' }, valid, 'invalid_request'],
        ['metadata with a number', { ...grant, aws_client_metadata: '{"a":1}' }, valid, 'invalid_request'],
      ]
      for (const [what, form, headers, error] of cases) {
        const answer = await requestToken(server(), form, headers)
        assert.deepEqual([answer.status, answer.body], [400, { error }], what)
      }
    })

    it('refuses bodies that are no form, and large ones before it reads them', async () => {
      const json = await requestToken(server(), '{"grant_type":"client_credentials"}', { 'content-type': 'application/json' })
      assert.deepEqual([json.status, json.body], [400, { error: 'invalid_request' }])
      const large = await requestToken(server(), `grant_type=client_credentials&scope=${'x'.repeat(150 * 1024)}`)
      assert.deepEqual([large.status, large.body], [413, { error: 'invalid_request' }])
    })

    it('answers other methods 405, and tells pages of any origin that they may call it', async () => {
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
        const { status, headers } = await send(server(), '/oauth2/token', { method })
        assert.deepEqual([method, status, headers.get('allow')], [method, 405, 'POST'])
      }
      const { status, headers } = await send(server(), '/oauth2/token', { method: 'OPTIONS' })
      assert.deepEqual([status, headers.get('access-control-allow-origin')], [204, '*'])
      assert.match(headers.get('access-control-allow-headers') ?? '', /authorization/)
    })
  })
}
