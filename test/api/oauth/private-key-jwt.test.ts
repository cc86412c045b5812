import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { UpdateUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import * as oauth from 'oauth4webapi'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { codeClient, givenClient, machineClient, post, requestToken } from '../../support/oauth.ts'
import {
  assertionForm,
  type ClientKey,
  discover,
  givenHostedTokens,
  givenStrictPool,
  newClientKey,
  setClientKeys,
  signAssertion,
} from '../../support/strict.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

/** A client with the grant client_credentials that authenticates itself by a key. */
async function givenKeyClient(server: TestServer, poolId: string, key: ClientKey) {
  const { clientId, secret } = await givenClient(server, poolId, machineClient)
  await setClientKeys(server, poolId, clientId, [key.jwk])
  return { clientId, secret, audience: `${server.url}/${poolId}`, now: server.clock.now() }
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

for (const engine of engines) {
  describe(`private_key_jwt on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const machineTokens = (assertion: string, more: Record<string, string> = {}, headers: Record<string, string> = {}) =>
      requestToken(server(), { grant_type: 'client_credentials', ...assertionForm(assertion), ...more }, headers)

    it('refuses an assertion whose subject is no text', async () => {
      await givenStrictPool(server())
      for (const sub of [['x'], 7, {}, null]) {
        const payload = Buffer.from(JSON.stringify({ sub, iss: 'x' })).toString('base64url')
        const assertion = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${payload}.AAAA`
        const answer = await requestToken(server(), { grant_type: 'client_credentials', ...assertionForm(assertion) })
        assert.ok(answer.status === 400 || answer.status === 401, String(answer.status))
      }
    })

    it('authenticates a client of oauth4webapi at the token endpoint and at introspection', async () => {
      const { poolId } = await givenStrictPool(server())
      const { privateKey, publicKey } = await oauth.generateKeyPair('ES256')
      const jwk = { ...(await crypto.subtle.exportKey('jwk', publicKey)), kid: 'web' }
      const { clientId } = await givenClient(server(), poolId, machineClient)
      await setClientKeys(server(), poolId, clientId, [jwk])
      const { as, options } = await discover(server(), poolId)
      assert.ok(as.token_endpoint_auth_methods_supported?.includes('private_key_jwt'))
      const skew = Math.round((server().clock.now() - Date.now()) / 1000)
      const client = { client_id: clientId, [oauth.clockSkew]: skew }
      const auth = () => oauth.PrivateKeyJwt({ key: privateKey, kid: 'web' })
      const response = await oauth.clientCredentialsGrantRequest(as, client, auth(), new URLSearchParams(), options)
      const tokens = await oauth.processClientCredentialsResponse(as, client, response)
      const introspected = await oauth.introspectionRequest(as, client, auth(), tokens.access_token, options)
      assert.equal((await oauth.processIntrospectionResponse(as, client, introspected)).active, true)
    })

    it('accepts an assertion once, also when it is sent twice at the same time', async () => {
      const { poolId } = await givenStrictPool(server())
      const key = newClientKey()
      const client = await givenKeyClient(server(), poolId, key)
      const assertion = await signAssertion(key, client)
      const answers = await Promise.all([1, 2, 3, 4].map(() => machineTokens(assertion)))
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401])
      assert.deepEqual((await machineTokens(assertion)).body, { error: 'invalid_client' })
      const sameId = await signAssertion(key, client, { jti: 'shared' })
      assert.equal((await machineTokens(sameId)).status, 200)
      const other = await givenKeyClient(server(), poolId, key)
      assert.equal((await machineTokens(await signAssertion(key, other, { jti: 'shared' }))).status, 200)
    })

    it('refuses assertions that are not right', async () => {
      const { poolId } = await givenStrictPool(server())
      const key = newClientKey()
      const client = await givenKeyClient(server(), poolId, key)
      const victim = await givenKeyClient(server(), poolId, newClientKey())
      const seconds = Math.floor(client.now / 1000)
      const claims = { iss: client.clientId, sub: client.clientId, aud: client.audience, exp: seconds + 60, jti: 'x' }
      const pem = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' })
      const hmacInput = `${encode({ alg: 'HS256', kid: key.kid })}.${encode(claims)}`
      const hmac = `${hmacInput}.${createHmac('sha256', pem).update(hmacInput).digest('base64url')}`
      const cases: readonly (readonly [string, string])[] = [
        ['no algorithm', `${encode({ alg: 'none' })}.${encode(claims)}.`],
        ['an HMAC with the public key', hmac],
        ['the key of another client', await signAssertion(key, victim)],
        ['another issuer', await signAssertion(key, client, { iss: victim.clientId })],
        ['another subject', await signAssertion(key, client, { sub: victim.clientId })],
        ['another audience', await signAssertion(key, client, { aud: 'https://elsewhere.test' })],
        ['the issuer of another pool', await signAssertion(key, client, { aud: `${server().url}/us-east-1_other` })],
        ['no audience', await signAssertion(key, client, { aud: undefined })],
        ['no expiry', await signAssertion(key, client, { exp: undefined })],
        ['a past expiry', await signAssertion(key, client, { exp: seconds - 61 })],
        ['an expiry in a day', await signAssertion(key, client, { exp: seconds + 86_400 })],
        ['no jti', await signAssertion(key, client, { jti: undefined })],
        ['an empty jti', await signAssertion(key, client, { jti: '' })],
        ['a jti that is no text', await signAssertion(key, client, { jti: 7 })],
        ['a start in the future', await signAssertion(key, client, { nbf: seconds + 300 })],
        ['an issue in the future', await signAssertion(key, client, { iat: seconds + 300 })],
        ['an unknown key', await signAssertion({ ...key, kid: 'other' }, client)],
        ['a long assertion', await signAssertion(key, client, { pad: 'x'.repeat(9000) })],
        ['a text', 'x'],
        ['two dots', '..'],
      ]
      for (const [what, assertion] of cases) {
        const { status, body } = await machineTokens(assertion)
        assert.deepEqual([status, body], [401, { error: 'invalid_client' }], what)
      }
    })

    it('refuses a good assertion beside another method or another client', async () => {
      const { poolId } = await givenStrictPool(server())
      const key = newClientKey()
      const client = await givenKeyClient(server(), poolId, key)
      const victim = await givenKeyClient(server(), poolId, newClientKey())
      const good = await signAssertion(key, client)
      const authorization = `Basic ${Buffer.from(`${client.clientId}:${client.secret}`).toString('base64')}`
      const mixed = [
        await machineTokens(good, {}, { authorization }),
        await machineTokens(good, { client_secret: client.secret }),
        await machineTokens(good, { client_id: victim.clientId }),
        await machineTokens(good, { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }),
        await requestToken(server(), { grant_type: 'client_credentials', client_assertion: good }),
      ]
      for (const [at, { status, body }] of mixed.entries()) assert.deepEqual([status, body], [401, { error: 'invalid_client' }], `${at}`)
      assert.equal((await machineTokens(good, { client_id: client.clientId })).status, 200)
      for (const aud of [`${server().url}/oauth2/token`, [client.audience, 'https://elsewhere.test']]) {
        assert.equal((await machineTokens(await signAssertion(key, client, { aud }))).status, 200)
      }
    })

    it('takes neither the secret nor the id alone from a client with keys, in either manner', async () => {
      const { poolId } = await givenStrictPool(server())
      const key = newClientKey()
      const machine = await givenKeyClient(server(), poolId, key)
      const form = { grant_type: 'client_credentials', client_id: machine.clientId, client_secret: machine.secret }
      assert.deepEqual((await requestToken(server(), form)).body, { error: 'invalid_client' })
      const open = await givenClient(server(), poolId, codeClient)
      const { refreshToken: token } = await givenHostedTokens(server(), open)
      await setClientKeys(server(), poolId, open.clientId, [key.jwk])
      const renewal = { grant_type: 'refresh_token', client_id: open.clientId, refresh_token: token }
      for (const Manner of ['STRICT', 'COGNITO']) {
        await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner } })
        assert.deepEqual((await requestToken(server(), renewal)).body, { error: 'invalid_client' }, Manner)
        assert.deepEqual((await post(server(), '/oauth2/revoke', { token, client_id: open.clientId })).body, { error: 'invalid_client' })
      }
      const assertion = await signAssertion(key, { ...machine, clientId: open.clientId })
      assert.equal((await requestToken(server(), { ...renewal, ...assertionForm(assertion) })).body['error'], 'invalid_client')
    })
  })

  describe(`SetUserPoolClientExtensions on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('keeps the extensions when UpdateUserPoolClient changes the client, and when another section is set', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      const ids = { UserPoolId: poolId, ClientId: clientId }
      const logout = { FrontChannelLogout: { SessionRequired: false }, BackChannelLogout: { SessionRequired: false } }
      const SelfService = { Operations: {}, LockedAttributes: [] }
      const others = { ...logout, DeviceGrant: { Enabled: false }, HostedPages: {}, SelfService }
      const defaults = { ...ids, PrivateKeyJwt: {}, PushedAuthorizationRequests: { Required: false }, ...others }
      assert.deepEqual(await callLifeguard(server(), 'GetUserPoolClientExtensions', ids), defaults)
      const { jwk } = newClientKey()
      await setClientKeys(server(), poolId, clientId, [jwk])
      await callLifeguard(server(), 'SetUserPoolClientExtensions', { ...ids, PushedAuthorizationRequests: { Required: true } })
      await server().send(new UpdateUserPoolClientCommand({ ...ids, ClientName: 'renamed' }))
      const all = { ...defaults, PrivateKeyJwt: { Keys: { keys: [jwk] } }, PushedAuthorizationRequests: { Required: true } }
      assert.deepEqual(await callLifeguard(server(), 'GetUserPoolClientExtensions', ids), all)
      const removed = await callLifeguard(server(), 'SetUserPoolClientExtensions', { ...ids, PrivateKeyJwt: {} })
      assert.deepEqual(removed.PrivateKeyJwt, {})
    })

    it('refuses keys that are private, symmetric, weak, unreadable or without an id', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      const { jwk, privateKey } = newClientKey()
      const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
      const cases: readonly (readonly [string, readonly unknown[]])[] = [
        ['no key', []],
        ['a private key', [privateKey.export({ format: 'jwk' })]],
        ['a symmetric key', [{ kty: 'oct', k: 'c2VjcmV0' }]],
        ['a weak key', [weak]],
        ['a key for encryption', [{ ...jwk, use: 'enc' }]],
        ['half a key', [{ kty: 'EC', crv: 'P-256' }]],
        ['a text', ['x']],
        ['two keys with one id', [jwk, jwk]],
        ['two keys without ids', [newClientKey().jwk, newClientKey().jwk].map((key) => ({ ...key, kid: undefined }))],
        ['too many keys', Array.from({ length: 21 }, (_, at) => ({ ...jwk, kid: `${at}` }))],
        ['a long key', [{ ...jwk, pad: 'x'.repeat(5000) }]],
      ]
      for (const [what, keys] of cases) {
        await assert.rejects(setClientKeys(server(), poolId, clientId, keys as never), { name: 'InvalidParameterException' }, what)
      }
      const ids = { UserPoolId: poolId, ClientId: 'nobody' }
      for (const operation of ['GetUserPoolClientExtensions', 'SetUserPoolClientExtensions']) {
        await assert.rejects(callLifeguard(server(), operation, ids), { name: 'ResourceNotFoundException' }, operation)
      }
    })
  })
}
