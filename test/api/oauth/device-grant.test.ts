import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminUserGlobalSignOutCommand,
  DeleteUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { decideOn, deviceGrantType, givenDevice, givenDevicePool, poll, requestDevice, setDeviceGrant } from '../../support/device-grant.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { basic, codeClient, encode, givenClient, givenOAuthPool, post, type Reply, requestToken, send } from '../../support/oauth.ts'
import { claimsOf } from '../../support/sign-in.ts'
import { assertionForm, discover, newClientKey, setClientKeys, signAssertion, signProof } from '../../support/strict.ts'
import { TestBrowser } from '../../support/test-browser.ts'
import { startTestServer, useTestServer } from '../../support/test-server.ts'

const errorOf = ({ status, body }: Reply) => [status, body['error']]

for (const engine of engines) {
  describe(`POST /oauth2/device_authorization on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('gives two codes, an address to type and one with the code', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const { as } = await discover(server(), poolId)
      assert.equal(as.device_authorization_endpoint, `${server().url}/oauth2/device_authorization`)
      assert.ok(as.grant_types_supported?.includes(deviceGrantType))
      const { status, body, headers } = await requestDevice(server(), { client_id: clientId, scope: 'openid email' })
      assert.equal(status, 200)
      assert.match(String(body['user_code']), /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
      assert.match(String(body['device_code']), /^[\w-]{43}$/)
      const page = `${server().url}/device?client_id=${clientId}`
      const { device_code: _device, user_code, ...rest } = body
      assert.deepEqual(rest, {
        verification_uri: page,
        verification_uri_complete: `${page}&user_code=${user_code}`,
        expires_in: 900,
        interval: 5,
      })
      assert.match(headers.get('cache-control') ?? '', /no-store/)
      assert.equal(headers.get('access-control-allow-origin'), '*')
    })

    it('answers wrong requests with the error of the standard', async () => {
      const { poolId, clientId, secret } = await givenDevicePool(server(), { client: { GenerateSecret: true } })
      const own = basic(clientId, secret)
      const off = await givenClient(server(), poolId, codeClient)
      const implicit = await givenClient(server(), poolId, { ...codeClient, AllowedOAuthFlows: ['implicit'] })
      await setDeviceGrant(server(), poolId, implicit.clientId)
      const cases: readonly (readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, number, string])[] = [
        ['no client', {}, {}, 400, 'invalid_request'],
        ['an unknown client', { client_id: 'unknown' }, {}, 401, 'invalid_client'],
        ['no secret', { client_id: clientId }, {}, 401, 'invalid_client'],
        ['a wrong secret', {}, basic(clientId, 'x'), 401, 'invalid_client'],
        ['a client whose switch is off', { client_id: off.clientId }, {}, 400, 'unauthorized_client'],
        ['a client without the code flow', { client_id: implicit.clientId }, {}, 400, 'unauthorized_client'],
        ['a wrong scope', { scope: 'admin' }, own, 400, 'invalid_scope'],
        ['a wrong resource', { resource: 'nothing' }, own, 400, 'invalid_target'],
        ['a wrong proof', {}, { ...own, dpop: 'x' }, 400, 'invalid_dpop_proof'],
      ]
      for (const [what, form, headers, status, error] of cases) {
        const answer = await requestDevice(server(), form, headers)
        assert.deepEqual([answer.status, answer.body], [status, { error }], what)
      }
      const twice = await post(server(), '/oauth2/device_authorization', `client_id=${off.clientId}&client_id=${off.clientId}`)
      assert.deepEqual(errorOf(twice), [400, 'invalid_request'])
      assert.equal((await send(server(), `/oauth2/device_authorization?${encode({ client_id: clientId })}`)).status, 405)
    })

    it('does not exist in pools of manner cognito, and their token endpoint does not know the grant', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      await setDeviceGrant(server(), poolId, clientId)
      assert.equal((await requestDevice(server(), { client_id: clientId })).status, 404)
      const asked = await requestToken(server(), { grant_type: deviceGrantType, client_id: clientId, device_code: 'x' })
      assert.deepEqual(errorOf(asked), [400, 'unsupported_grant_type'])
    })

    it('takes clients that authenticate themselves by a secret or a key, and those that must push their requests', async () => {
      const { poolId, clientId, secret } = await givenDevicePool(server(), { client: { GenerateSecret: true } })
      const ids = { UserPoolId: poolId, ClientId: clientId }
      await callLifeguard(server(), 'SetUserPoolClientExtensions', { ...ids, PushedAuthorizationRequests: { Required: true } })
      assert.equal((await requestDevice(server(), {}, basic(clientId, secret))).status, 200)
      assert.equal((await requestDevice(server(), { client_id: clientId, client_secret: secret })).status, 200)
      const key = newClientKey()
      await setClientKeys(server(), poolId, clientId, [key.jwk])
      assert.equal((await requestDevice(server(), {}, basic(clientId, secret))).status, 401)
      const signed = { clientId, audience: `${server().url}/oauth2/device_authorization`, now: server().clock.now() }
      const { status, body } = await requestDevice(server(), assertionForm(await signAssertion(key, signed)))
      assert.equal(status, 200)
      const device = { clientId, deviceCode: String(body['device_code']), userCode: String(body['user_code']) }
      await decideOn(new TestBrowser(server()), { ...device, page: `/device?client_id=${clientId}`, completePage: '' }, 'allow')
      const form = { grant_type: deviceGrantType, device_code: device.deviceCode }
      const tokenUrl = `${server().url}/oauth2/token`
      const assertion = await signAssertion(key, { clientId, audience: tokenUrl, now: server().clock.now() })
      assert.equal((await requestToken(server(), { ...form, ...assertionForm(assertion) })).status, 200)
    })
  })

  describe(`The device grant on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const advance = (seconds: number) => server().clock.advance(seconds * 1000)

    it('gives the tokens that the user has allowed', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId, { scope: 'openid email', resource: 'https://api.test/' })
      assert.deepEqual(errorOf(await poll(server(), device)), [400, 'authorization_pending'])
      advance(5)
      const done = await decideOn(new TestBrowser(server()), device, 'allow')
      assert.match(done.text, /Your device is connected/)
      const { status, body } = await poll(server(), device)
      assert.equal(status, 200)
      assert.deepEqual(Object.keys(body), ['id_token', 'access_token', 'refresh_token', 'expires_in', 'token_type', 'scope'])
      const access = claimsOf(String(body['access_token']))
      assert.deepEqual([access['client_id'], access['scope'], access['aud']], [clientId, 'openid email', 'https://api.test/'])
      const id = claimsOf(String(body['id_token']))
      assert.deepEqual([id['iss'], id['aud'], id['cognito:username']], [`${server().url}/${poolId}`, clientId, 'ana'])
      const refresh = { grant_type: 'refresh_token', client_id: clientId, refresh_token: String(body['refresh_token']) }
      assert.equal((await requestToken(server(), refresh)).status, 200)
    })

    it('asks a device that polls too early to slow down, for the rest of its polls', async () => {
      const { clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      const errors: unknown[] = []
      for (const seconds of [0, 5, 4, 2, 9, 10, 3, 15, 14]) {
        advance(seconds)
        errors.push((await poll(server(), device)).body['error'])
      }
      const [pending, slow] = ['authorization_pending', 'slow_down']
      assert.deepEqual(errors, [pending, pending, pending, slow, pending, pending, slow, pending, pending])
      const burst = await Promise.all([1, 2, 3, 4].map(() => poll(server(), device)))
      assert.ok(burst.every(({ body }) => body['error'] === slow))
      await decideOn(new TestBrowser(server()), device, 'allow')
      assert.equal((await poll(server(), device)).status, 200)
    })

    it('asks devices to slow down past the request rate, and leaves the rate of sign-ins as it is', async () => {
      await using limited = await startTestServer(engine, { flags: ['--rate-limits', '1'] })
      const { clientId } = await givenDevicePool(limited)
      const device = await givenDevice(limited, clientId)
      await decideOn(new TestBrowser(limited), device, 'allow')
      const errors = new Set<unknown>()
      for (let at = 0; at < 220; at++) errors.add((await poll(limited, { ...device, deviceCode: 'unknown' })).body['error'])
      assert.deepEqual([...errors], ['invalid_grant', 'slow_down'])
      assert.deepEqual(errorOf(await poll(limited, device)), [400, 'slow_down'])
      await givenDevice(limited, clientId)
      limited.clock.advance(5000)
      assert.equal((await poll(limited, device)).status, 200)
    })

    it('tells the device that the user has denied, and lets no other decision follow', async () => {
      const { clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      assert.match((await decideOn(browser, device, 'deny')).text, /The device got no access/)
      for (const _poll of [1, 2]) assert.deepEqual(errorOf(await poll(server(), device)), [400, 'access_denied'])
      await assert.rejects(decideOn(browser, device, 'allow'))
      assert.deepEqual(errorOf(await poll(server(), device)), [400, 'access_denied'])
    })

    it('lets codes expire after fifteen minutes, also approved ones', async () => {
      const { clientId } = await givenDevicePool(server())
      const [open, approved] = [await givenDevice(server(), clientId), await givenDevice(server(), clientId)]
      advance(890)
      const browser = new TestBrowser(server())
      await decideOn(browser, approved, 'allow')
      advance(10)
      for (const device of [open, approved]) assert.deepEqual(errorOf(await poll(server(), device)), [400, 'expired_token'])
      await assert.rejects(decideOn(browser, open, 'allow'))
    })

    it('refuses a device code of another client or pool, and an invented one', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const elsewhere = await givenDevicePool(server())
      const other = await givenClient(server(), poolId, codeClient)
      await setDeviceGrant(server(), poolId, other.clientId)
      const device = await givenDevice(server(), clientId)
      await decideOn(new TestBrowser(server()), device, 'allow')
      for (const thief of [other.clientId, elsewhere.clientId]) {
        assert.deepEqual(errorOf(await poll(server(), { ...device, clientId: thief })), [400, 'invalid_grant'])
      }
      for (const deviceCode of [`${device.deviceCode}x`, device.userCode, 'x'.repeat(100_000)]) {
        assert.deepEqual(errorOf(await poll(server(), { ...device, deviceCode })), [400, 'invalid_grant'])
      }
      const form = { grant_type: deviceGrantType, client_id: clientId }
      assert.deepEqual(errorOf(await requestToken(server(), form)), [400, 'invalid_request'])
      assert.equal((await poll(server(), device)).status, 200)
    })

    it('gives tokens once. A second use ends the session of the first, also after the code has expired', async () => {
      const { clientId } = await givenDevicePool(server())
      for (const seconds of [0, 3600]) {
        const device = await givenDevice(server(), clientId)
        await decideOn(new TestBrowser(server()), device, 'allow')
        const refresh_token = String((await poll(server(), device)).body['refresh_token'])
        const refresh = () => requestToken(server(), { grant_type: 'refresh_token', client_id: clientId, refresh_token })
        assert.equal((await refresh()).status, 200)
        advance(seconds)
        assert.deepEqual(errorOf(await poll(server(), device)), [400, 'invalid_grant'])
        assert.deepEqual(errorOf(await refresh()), [400, 'invalid_grant'])
      }
    })

    it('leaves no live session when a device code is redeemed several times at once', async () => {
      const { clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      await decideOn(new TestBrowser(server()), device, 'allow')
      const answers = await Promise.all([1, 2, 3, 4].map(() => poll(server(), device)))
      const given = answers.filter(({ status }) => status === 200)
      assert.equal(given.length, 1)
      const refresh_token = String(given[0]?.body['refresh_token'])
      const refresh = { grant_type: 'refresh_token', client_id: clientId, refresh_token }
      assert.deepEqual(errorOf(await requestToken(server(), refresh)), [400, 'invalid_grant'])
    })

    it('gives nothing for a user who was disabled, signed out or deleted after the approval', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const user = { UserPoolId: poolId, Username: 'ana' }
      const changes = [AdminUserGlobalSignOutCommand, AdminDisableUserCommand, AdminDeleteUserCommand]
      const devices = await Promise.all(changes.map(() => givenDevice(server(), clientId)))
      for (const device of devices) await decideOn(new TestBrowser(server()), device, 'allow')
      for (const [at, Change] of changes.entries()) {
        await server().send(new Change(user))
        assert.deepEqual(errorOf(await poll(server(), devices[at] ?? assert.fail())), [400, 'invalid_grant'], Change.name)
      }
    })

    it('gives nothing for a client that was deleted or may not use the grant any longer', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      await decideOn(new TestBrowser(server()), device, 'allow')
      await setDeviceGrant(server(), poolId, clientId, false)
      assert.deepEqual(errorOf(await poll(server(), device)), [400, 'unauthorized_client'])
      await setDeviceGrant(server(), poolId, clientId)
      await server().send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      assert.deepEqual(errorOf(await poll(server(), device)), [400, 'invalid_client'])
    })

    it('gives the device a session of its own, which goes on when the user signs out in the browser', async () => {
      const { clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      await decideOn(browser, device, 'allow')
      await browser.visit(`/logout?${encode({ client_id: clientId, logout_uri: 'https://app.test/bye' })}`)
      const { body } = await poll(server(), device)
      assert.equal(claimsOf(String(body['id_token']))['sid'], undefined)
      const refresh = { grant_type: 'refresh_token', client_id: clientId, refresh_token: String(body['refresh_token']) }
      assert.equal((await requestToken(server(), refresh)).status, 200)
    })

    it('binds the tokens to the key of the device', async () => {
      const { clientId } = await givenDevicePool(server())
      const key = newClientKey()
      const proofFor = (path: string, of = key) => signProof(of, { url: `${server().url}${path}`, now: server().clock.now() })
      const proven = { dpop: await proofFor('/oauth2/device_authorization') }
      const [bound, free] = [await givenDevice(server(), clientId, {}, proven), await givenDevice(server(), clientId)]
      for (const device of [bound, free]) await decideOn(new TestBrowser(server()), device, 'allow')
      assert.deepEqual(errorOf(await poll(server(), bound)), [400, 'invalid_grant'])
      const foreign = { dpop: await proofFor('/oauth2/token', newClientKey()) }
      assert.deepEqual(errorOf(await poll(server(), bound, foreign)), [400, 'invalid_grant'])
      for (const device of [bound, free]) {
        const { body } = await poll(server(), device, { dpop: await proofFor('/oauth2/token') })
        assert.equal(body['token_type'], 'DPoP')
        assert.ok((claimsOf(String(body['access_token']))['cnf'] as { jkt?: string }).jkt)
        const refresh = { grant_type: 'refresh_token', client_id: clientId, refresh_token: String(body['refresh_token']) }
        assert.equal((await requestToken(server(), refresh)).status, 400)
      }
    })

    it('deletes what a user has approved with the user', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      await decideOn(new TestBrowser(server()), device, 'allow')
      const storage = await openStorage({ url: server().databaseUrl })
      const approved = () => storage.db.selectFrom('device_authorization').select('id').where('pool_id', '=', poolId).execute()
      try {
        assert.equal((await approved()).length, 1)
        await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ana' }))
        assert.deepEqual(await approved(), [])
      } finally {
        await storage.close()
      }
    })
  })
}
