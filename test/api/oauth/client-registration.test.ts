import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolDomainCommand,
  DeleteUserPoolClientCommand,
  DescribeUserPoolClientCommand,
  ListUserPoolClientsCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  bearer,
  givenInitialAccessToken,
  givenRegistered,
  givenRegistrationPool,
  openMode,
  publicApp,
  read,
  register,
  remove,
  setRegistration,
  update,
} from '../../support/client-registration.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { callback, codeClient, givenClient, requestToken, send } from '../../support/oauth.ts'
import { assertionForm, givenHostedTokens, givenStrictPool, newClientKey, signAssertion } from '../../support/strict.ts'
import { useTestServer } from '../../support/test-server.ts'

const json = { 'content-type': 'application/json' }

for (const engine of engines) {
  describe(`The registration of clients on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const discovery = async (poolId: string) => (await send(server(), `/${poolId}/.well-known/openid-configuration`)).body

    it('exists only in pools of manner strict whose mode is not OFF', async () => {
      const { poolId } = await givenStrictPool(server())
      const endpoint = async () => (await discovery(poolId))['registration_endpoint']
      assert.equal(await endpoint(), undefined)
      assert.equal((await register(server(), poolId, publicApp)).status, 404)
      await setRegistration(server(), poolId, openMode)
      assert.equal(await endpoint(), `${server().url}/${poolId}/oauth2/register`)
      const { body } = await givenRegistered(server(), poolId)
      await setRegistration(server(), poolId, openMode, 'COGNITO')
      for (const { status } of [await register(server(), poolId, publicApp), await read(server(), body)]) assert.equal(status, 404)
      assert.equal(await endpoint(), undefined)
      await setRegistration(server(), poolId, { ...openMode, Mode: 'OFF' })
      for (const { status } of [await register(server(), poolId, publicApp), await remove(server(), body)]) assert.equal(status, 404)
      for (const path of ['/oauth2/register', '/us-east-1_nothing00/oauth2/register']) {
        assert.equal((await send(server(), path, { method: 'POST', body: '{}', headers: json })).status, 404)
      }
    })

    it('answers with all that the client has to know, also on a domain of the pool', async () => {
      const { poolId } = await givenRegistrationPool(server(), { ...openMode, AllowedScopes: ['openid', 'email'] })
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: `reg-${poolId.slice(-9).toLowerCase()}` }))
      const information = { contacts: ['ana@example.test'], client_uri: 'https://app.test/', software_version: '1' }
      const metadata = { ...information, redirect_uris: [callback], client_name: 'Ana’s App (dev)', 'client_name#de': 'x', unknown: {} }
      const { port, hostname } = new URL(server().url)
      const host = `reg-${poolId.slice(-9).toLowerCase()}.auth.${hostname}:${port}`
      const answers = [
        await register(server(), poolId, metadata),
        await send(server(), '/oauth2/register', { method: 'POST', body: JSON.stringify(metadata), headers: { ...json, host } }),
      ]
      for (const { status, body, headers } of answers) {
        assert.equal(status, 201)
        assert.match(headers.get('cache-control') ?? '', /no-store/)
        const { client_id, client_secret, registration_access_token, ...rest } = body
        assert.match(String(client_secret), /^[0-9a-z]{52}$/)
        assert.match(String(registration_access_token), /^[\w-]{43}$/)
        assert.deepEqual(rest, {
          ...information,
          client_id_issued_at: Math.floor(server().clock.now() / 1000),
          client_secret_expires_at: 0,
          registration_client_uri: `${server().url}/oauth2/register/${client_id}`,
          redirect_uris: [callback],
          token_endpoint_auth_method: 'client_secret_basic',
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
          client_name: 'Ana’s App (dev)',
          scope: 'openid email',
          require_pushed_authorization_requests: false,
        })
        const { UserPoolClient: client } = await server().send(
          new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: String(client_id) }),
        )
        assert.deepEqual([client?.ClientName, client?.ClientType, client?.ClientSecret], ['Ana-s App -dev-', 'DCR', client_secret])
        assert.deepEqual(client?.ExplicitAuthFlows, ['ALLOW_REFRESH_TOKEN_AUTH'])
      }
    })

    it('gives each method of client authentication what it needs', async () => {
      const { poolId } = await givenRegistrationPool(server(), {
        ...openMode,
        AllowedScopes: ['openid', 'https://api.test/read'],
        AllowedGrantTypes: ['authorization_code', 'client_credentials'],
      })
      const open = await givenRegistered(server(), poolId)
      assert.equal(open.body['client_secret'], undefined)
      assert.equal((await givenHostedTokens(server(), open)).idToken.split('.').length, 3)

      const machine = { grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' }
      const { clientId, body } = await givenRegistered(server(), poolId, machine)
      assert.deepEqual([body['scope'], body['response_types'], body['redirect_uris']], ['https://api.test/read', [], []])
      const client_secret = String(body['client_secret'])
      const tokens = await requestToken(server(), { grant_type: 'client_credentials', client_id: clientId, client_secret })
      assert.equal(tokens.status, 200)

      const key = newClientKey()
      const keyed = await givenRegistered(server(), poolId, {
        grant_types: ['client_credentials'],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [key.jwk] },
      })
      assert.deepEqual([keyed.body['client_secret'], keyed.body['jwks']], [undefined, { keys: [key.jwk] }])
      const audience = `${server().url}/${poolId}`
      const assertion = await signAssertion(key, { clientId: keyed.clientId, audience, now: server().clock.now() })
      assert.equal((await requestToken(server(), { grant_type: 'client_credentials', ...assertionForm(assertion) })).status, 200)
      // The API takes no client with keys for a public one.
      const refused = { ClientId: keyed.clientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: 'x' } }
      const { status } = await send(server(), '/', {
        method: 'POST',
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth' },
        body: JSON.stringify(refused),
      })
      assert.equal(status, 400)
    })

    it('reads, replaces and deletes a registration, and keeps the token', async () => {
      const { poolId } = await givenRegistrationPool(server())
      const { clientId, token, body } = await givenRegistered(server(), poolId, { ...publicApp, client_name: 'first' })
      assert.deepEqual((await read(server(), body)).body, body)
      const key = newClientKey()
      const metadata = { ...body, client_name: 'second', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } }
      const changed = await update(server(), body, { ...metadata, scope: 'openid', require_pushed_authorization_requests: true })
      assert.equal(changed.status, 200)
      assert.deepEqual(
        [changed.body['client_name'], changed.body['scope'], changed.body['client_secret'], changed.body['registration_access_token']],
        ['second', 'openid', undefined, token],
      )
      const ids = { UserPoolId: poolId, ClientId: clientId }
      const extensions = await callLifeguard(server(), 'GetUserPoolClientExtensions', ids)
      assert.deepEqual(extensions.PrivateKeyJwt, { Keys: { keys: [key.jwk] } })
      const secret = await update(server(), body, { client_id: clientId, redirect_uris: ['https://app.test/other'] })
      assert.deepEqual([secret.body['client_secret_expires_at'], secret.body['jwks']], [0, undefined])
      assert.deepEqual((await read(server(), body)).body, secret.body)
      const kept = await update(server(), body, { ...secret.body })
      assert.equal(kept.body['client_secret'], secret.body['client_secret'])
      assert.equal((await remove(server(), body)).status, 204)
      for (const { status, body: error } of [await read(server(), body), await remove(server(), body)]) {
        assert.deepEqual([status, error], [401, { error: 'invalid_token' }])
      }
      await assert.rejects(server().send(new DescribeUserPoolClientCommand(ids)), { name: 'ResourceNotFoundException' })
    })

    it('shows what UpdateUserPoolClient changed, and ends with DeleteUserPoolClient', async () => {
      const { poolId } = await givenRegistrationPool(server())
      const { clientId, body } = await givenRegistered(server(), poolId, { ...publicApp, client_name: 'sent', contacts: ['a'] })
      const ids = { UserPoolId: poolId, ClientId: clientId }
      const changes = { ...codeClient, ClientName: 'renamed', AllowedOAuthScopes: ['openid'], CallbackURLs: ['https://else.test/'] }
      await server().send(new UpdateUserPoolClientCommand({ ...ids, ...changes, AccessTokenValidity: 2 }))
      const { body: shown } = await read(server(), body)
      assert.deepEqual(
        [shown['client_name'], shown['scope'], shown['redirect_uris'], shown['contacts']],
        ['renamed', 'openid', ['https://else.test/'], ['a']],
      )
      assert.equal((await update(server(), body, { client_id: clientId, ...publicApp })).status, 200)
      const { UserPoolClient: client } = await server().send(new DescribeUserPoolClientCommand(ids))
      assert.deepEqual([client?.AccessTokenValidity, client?.ClientType], [2, 'DCR'])
      await server().send(new DeleteUserPoolClientCommand(ids))
      assert.equal((await read(server(), body)).status, 401)
    })

    it('is told apart by ListUserPoolClients', async () => {
      const { poolId, clientId } = await givenRegistrationPool(server())
      const registered = await givenRegistered(server(), poolId)
      const list = async (ClientType?: 'DCR' | 'REGULAR') => {
        const { UserPoolClients = [] } = await server().send(new ListUserPoolClientsCommand({ UserPoolId: poolId, ClientType }))
        return UserPoolClients.map(({ ClientId }) => ClientId).sort()
      }
      assert.ok((await list('DCR')).includes(registered.clientId) && !(await list('DCR')).includes(clientId))
      assert.ok((await list('REGULAR')).includes(clientId) && !(await list('REGULAR')).includes(registered.clientId))
      assert.ok([clientId, registered.clientId].every(async (id) => (await list()).includes(id)))
    })

    it('leaves an audit record of each change', async () => {
      const { poolId } = await givenRegistrationPool(server(), { Mode: 'INITIAL_ACCESS_TOKEN' })
      const initial = await givenInitialAccessToken(server(), poolId)
      const { clientId, body } = await givenRegistered(server(), poolId, { ...publicApp, client_name: 'app' }, bearer(initial.token))
      await update(server(), body, { ...publicApp, client_id: clientId, client_name: 'other' })
      await remove(server(), body)
      const { Records } = await callLifeguard(server(), 'ListAuditRecords', { UserPoolId: poolId, Subject: clientId })
      const records = Records.map(({ Operation, Outcome, Detail, ChangedMembers, AccessKeyId, RequestId }: Record<string, string>) => {
        assert.deepEqual([Outcome, AccessKeyId, typeof RequestId], ['ok', undefined, 'string'])
        return [Operation, Detail, ChangedMembers]
      })
      assert.deepEqual(records.sort(), [
        ['DeleteRegisteredClient', 'name: other', undefined],
        ['RegisterClient', `name: app, initial access token: ${initial.id}`, undefined],
        ['UpdateRegisteredClient', undefined, ['client_name']],
      ])
    })

    it('may be asked for by pages of any origin', async () => {
      const { poolId } = await givenRegistrationPool(server())
      const { body } = await givenRegistered(server(), poolId)
      const preflight = (path: string) => send(server(), path, { method: 'OPTIONS', headers: { origin: 'https://page.test' } })
      const asked = await preflight(`/${poolId}/oauth2/register`)
      assert.deepEqual([asked.status, asked.headers.get('access-control-allow-methods')], [204, 'POST, OPTIONS'])
      const path = new URL(String(body['registration_client_uri'])).pathname
      assert.equal((await preflight(path)).headers.get('access-control-allow-methods'), 'GET, PUT, DELETE, OPTIONS')
      assert.equal((await read(server(), body)).headers.get('access-control-allow-origin'), '*')
      assert.equal((await send(server(), path, { method: 'POST' })).status, 405)
    })

    it('does not touch clients that did not register themselves', async () => {
      const { poolId } = await givenRegistrationPool(server())
      const { clientId } = await givenClient(server(), poolId, codeClient)
      const { token } = await givenRegistered(server(), poolId)
      for (const headers of [{}, bearer(token), bearer(''), bearer('null')]) {
        const { status, body } = await send(server(), `/oauth2/register/${clientId}`, { method: 'DELETE', headers })
        assert.deepEqual([status, body], [401, { error: 'invalid_token' }])
      }
      await server().send(new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
    })
  })
}
