import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import { describe, it } from 'node:test'
import { CreateUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { openKeySetServer } from '../../support/key-set-server.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { givenClient, machineClient, requestToken } from '../../support/oauth.ts'
import { startProductionWithPool } from '../../support/production-server.ts'
import { signedCall } from '../../support/signed-call.ts'
import { assertionForm, type ClientKey, givenStrictPool, newClientKey, signAssertion } from '../../support/strict.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const minuteMs = 60_000

const setJwksUri = (server: TestServer, poolId: string, clientId: string, JwksUri: string, more: object = {}) =>
  callLifeguard(server, 'SetUserPoolClientExtensions', { UserPoolId: poolId, ClientId: clientId, PrivateKeyJwt: { JwksUri, ...more } })

/** A client of the grant client_credentials that publishes its keys at a URI. */
async function givenPublishingClient(server: TestServer, keys: readonly ClientKey[]) {
  const { poolId } = await givenStrictPool(server)
  const { clientId, secret } = await givenClient(server, poolId, machineClient)
  const published = await openKeySetServer(keys.map(({ jwk }) => jwk))
  await setJwksUri(server, poolId, clientId, published.uri)
  const audience = `${server.url}/${poolId}`
  const grant = async (key: ClientKey) => {
    const assertion = await signAssertion(key, { clientId, audience, now: server.clock.now() })
    const { status, body } = await requestToken(server, { grant_type: 'client_credentials', ...assertionForm(assertion) })
    if (status !== 200) assert.deepEqual([status, body], [401, { error: 'invalid_client' }])
    return status
  }
  return { poolId, clientId, secret, ...published, grant }
}

for (const engine of engines) {
  describe(`The keys of a client at its jwks_uri on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('authenticate the client, and are fetched once for many requests', async () => {
      const key = newClientKey()
      const { state, grant, ...client } = await givenPublishingClient(server(), [key, newClientKey('two')])
      assert.deepEqual(await Promise.all([1, 2, 3].map(() => grant(key))), [200, 200, 200])
      assert.equal(await grant(key), 200)
      assert.equal(state.fetches, 1)
      const bySecret = { grant_type: 'client_credentials', client_id: client.clientId, client_secret: client.secret }
      assert.deepEqual((await requestToken(server(), bySecret)).body, { error: 'invalid_client' })
    })

    it('are fetched again for an unknown key, at most once a minute', async () => {
      const [first, second] = [newClientKey('first'), newClientKey('second')]
      const { state, grant } = await givenPublishingClient(server(), [first])
      assert.equal(await grant(first), 200)
      state.keys = [second.jwk]
      for (let at = 0; at < 5; at++) assert.equal(await grant(second), 401)
      assert.equal(state.fetches, 1)
      server().clock.advance(minuteMs)
      assert.equal(await grant(second), 200)
      assert.equal(state.fetches, 2)
      assert.equal(await grant(first), 401)
      for (let at = 0; at < 5; at++) assert.equal(await grant(newClientKey(`unknown ${at}`)), 401)
      assert.equal(state.fetches, 2)
    })

    it('are fetched again after ten minutes, so that a removed key ends', async () => {
      const key = newClientKey()
      const { state, grant } = await givenPublishingClient(server(), [key])
      assert.equal(await grant(key), 200)
      state.keys = []
      server().clock.advance(9 * minuteMs)
      assert.equal(await grant(key), 200)
      server().clock.advance(minuteMs)
      assert.equal(await grant(key), 401)
    })

    it('stay in use for a day while the URI fails, and not for longer', async () => {
      const key = newClientKey()
      const { state, grant } = await givenPublishingClient(server(), [key])
      assert.equal(await grant(key), 200)
      const failures: readonly Partial<typeof state>[] = [
        { status: 500 },
        { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
        { text: 'no JSON' },
        { text: '[]' },
        { text: '{"keys":{}}' },
        { text: JSON.stringify({ keys: [], pad: 'x'.repeat(200_000) }) },
      ]
      for (const failure of failures) {
        Object.assign(state, { status: 200, headers: {}, text: undefined }, failure)
        const before = state.fetches
        server().clock.advance(10 * minuteMs)
        assert.equal(await grant(key), 200, JSON.stringify(failure).slice(0, 80))
        assert.equal(await grant(key), 200)
        assert.equal(state.fetches, before + 1)
      }
      server().clock.advance(24 * 60 * minuteMs)
      assert.equal(await grant(key), 401)
      server().clock.advance(minuteMs)
      Object.assign(state, { status: 200, headers: {}, text: undefined })
      assert.equal(await grant(key), 200)
    })

    it('count only if they are public keys for signatures', async () => {
      const key = newClientKey()
      const { state, grant } = await givenPublishingClient(server(), [])
      const privateJwk = { ...key.privateKey.export({ format: 'jwk' }), kid: key.kid }
      for (const wrong of [[privateJwk], [{ ...key.jwk, use: 'enc' }], [null, 7, 'x', {}], [{ kty: 'oct', k: 'AAAA', kid: key.kid }]]) {
        state.keys = wrong as never
        server().clock.advance(11 * minuteMs)
        assert.equal(await grant(key), 401, JSON.stringify(wrong).slice(0, 60))
      }
      state.keys = [{ ...key.jwk, use: 'enc', kid: 'other' }, key.jwk]
      server().clock.advance(11 * minuteMs)
      assert.equal(await grant(key), 200)
    })

    it('give invalid_client when no server answers at the URI', async () => {
      const key = newClientKey()
      const { poolId, clientId, grant } = await givenPublishingClient(server(), [key])
      await setJwksUri(server(), poolId, clientId, 'http://127.0.0.1:1/keys')
      assert.equal(await grant(key), 401)
    })

    it('are not fetched for a URI that is no https: URL of a public host', async () => {
      const { poolId, clientId, state, port } = await givenPublishingClient(server(), [newClientKey()])
      const refused = [
        'http://keys.example.test/keys',
        'http://10.0.0.1/keys',
        'https://10.0.0.1/keys',
        'https://169.254.169.254/latest/meta-data/',
        'https://[fd00::1]/keys',
        'https://[::ffff:10.0.0.1]/keys',
        'https://0x0a000001/keys',
        'https://user:password@keys.example.test/keys',
        `http://127.0.0.1.example.test:${port}/keys`,
        'file:///etc/passwd',
        'data:application/json,{}',
        'keys',
      ]
      for (const uri of refused) {
        await assert.rejects(setJwksUri(server(), poolId, clientId, uri), { name: 'InvalidParameterException' }, uri)
      }
      assert.equal(state.fetches, 0)
    })

    it('cannot be given in two ways, and are shown and removed', async () => {
      const { poolId, clientId, uri } = await givenPublishingClient(server(), [])
      const ids = { UserPoolId: poolId, ClientId: clientId }
      const { jwk } = newClientKey()
      await assert.rejects(setJwksUri(server(), poolId, clientId, uri, { Keys: { keys: [jwk] } }), {
        name: 'InvalidParameterException',
        message: 'PrivateKeyJwt has either Keys or JwksUri, not both.',
      })
      const { PrivateKeyJwt } = await callLifeguard(server(), 'GetUserPoolClientExtensions', ids)
      assert.deepEqual(PrivateKeyJwt, { JwksUri: uri })
      await callLifeguard(server(), 'SetUserPoolClientExtensions', { ...ids, PrivateKeyJwt: {} })
      assert.deepEqual((await callLifeguard(server(), 'GetUserPoolClientExtensions', ids)).PrivateKeyJwt, {})
    })
  })

  describe(`The keys of a client at its jwks_uri in production on ${engine.name}`, () => {
    it('are not fetched from this machine, whatever name it has', async () => {
      const connections: string[] = []
      const listener = createServer((socket) => {
        connections.push('one')
        socket.destroy()
      })
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
      const { port } = listener.address() as AddressInfo
      const { server, owner, poolId } = await startProductionWithPool(engine, 'shop')
      await using _server = server
      const call = (operation: string, request: object) => signedCall(server, owner, operation, { UserPoolId: poolId, ...request })
      await call('SetUserPoolExtensions', { OAuth: { Manner: 'STRICT' } })
      const client = { UserPoolId: poolId, ClientName: 'shop', GenerateSecret: true }
      const { UserPoolClient } = await server.client(owner).send(new CreateUserPoolClientCommand(client))
      const ClientId = UserPoolClient?.ClientId ?? ''
      const set = (JwksUri: string) => call('SetUserPoolClientExtensions', { ClientId, PrivateKeyJwt: { JwksUri } })
      for (const uri of [
        `http://127.0.0.1:${port}/`,
        `https://127.0.0.1:${port}/`,
        `http://localhost:${port}/`,
        `https://[::1]:${port}/`,
      ]) {
        await assert.rejects(set(uri), { name: 'InvalidParameterException' }, uri)
      }
      await set(`https://localhost:${port}/`)
      const audience = `http://id.example.test/${poolId}`
      const assertion = await signAssertion(newClientKey(), { clientId: ClientId, audience, now: server.clock.now() })
      const { status, body } = await requestToken(server, { grant_type: 'client_credentials', ...assertionForm(assertion) })
      assert.deepEqual([status, body, connections], [401, { error: 'invalid_client' }, []])
      listener.close()
    })
  })
}
