import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  AdminForgetDeviceCommand,
  AdminListDevicesCommand,
  AdminUpdateDeviceStatusCommand,
  ForgetDeviceCommand,
  ListDevicesCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createSecrets } from '../../../src/base/secrets.ts'
import { accountPages } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { giveAttributes, prefer, setMfa } from '../../support/mfa.ts'
import { callback, codeClient, encode, givenClient, givenOAuthPool, requestToken } from '../../support/oauth.ts'
import { alertIn, titleIn } from '../../support/page-texts.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import { claimsOf, givenUser } from '../../support/sign-in.ts'
import { locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'

const masterKey = randomBytes(32)
const secrets = createSecrets(masterKey)
const email = (username: string) => `${username}@example.test`

for (const engine of engines) {
  describe(`Remembered devices on the pages on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const env = { LIFEGUARD_MASTER_KEY: masterKey.toString('base64') }
    const server = useTestServer(engine, { flags: endpoint.flags, env })
    const { answer, follow, requestOf } = accountPages(server)

    type Tracking = { readonly challengeNew?: boolean; readonly askUser?: boolean }

    /** A pool that tracks devices, with users who have a second factor. */
    async function givenTrackingPool({ challengeNew = true, askUser = false }: Tracking = {}, pool: object = {}, usernames = ['ana']) {
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: challengeNew, DeviceOnlyRememberedOnUserPrompt: askUser }
      const given = await givenOAuthPool(server(), { pool: { DeviceConfiguration, ...pool } })
      await setMfa(server(), given.poolId, 'OPTIONAL', ['email'])
      for (const username of usernames) await givenMfaUser(given.poolId, username)
      return given
    }
    async function givenMfaUser(poolId: string, username: string) {
      await givenUser(server(), poolId, username)
      await giveAttributes(server(), poolId, username, { email: email(username), email_verified: 'true' })
      await prefer(server(), poolId, username, { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
    }

    type Given = { readonly poolId: string; readonly clientId: string }

    /** Signs in with password and code. */
    async function signIn(
      browser: TestBrowser,
      { poolId, clientId }: Given,
      form: Readonly<Record<string, string>> = {},
      username = 'ana',
    ) {
      const page = await follow(browser, await browser.submitLogin(`/login?${requestOf(clientId)}`, username))
      const code = await codeSentTo(server(), poolId, email(username))
      return { page, code: codeIn(locationOf(await answer(browser, page, { code, ...form }))) }
    }
    const codeIn = (location: string): string => paramsIn(location).get('code') ?? ''
    /** Whether a sign-in with the password alone succeeds. */
    async function skipsMfa(browser: TestBrowser, clientId: string, username = 'ana') {
      const next = locationOf(await browser.submitLogin(`/login?${requestOf(clientId)}`, username))
      return next.startsWith(`${callback}?code=`)
    }
    async function tokensOf({ clientId }: Given, code: string) {
      const { status, body } = await requestToken(server(), {
        grant_type: 'authorization_code',
        client_id: clientId,
        redirect_uri: callback,
        code,
      })
      return { status, body, access: String(body['access_token']), refresh: String(body['refresh_token']) }
    }
    async function refresh({ clientId }: Given, token: string) {
      return (await requestToken(server(), { grant_type: 'refresh_token', client_id: clientId, refresh_token: token })).body
    }
    async function devicesOf(poolId: string, username = 'ana') {
      const { Devices = [] } = await server().send(new AdminListDevicesCommand({ UserPoolId: poolId, Username: username }))
      return Devices.map(({ DeviceKey = '', DeviceAttributes = [] }) => ({
        key: DeviceKey,
        ...Object.fromEntries(DeviceAttributes.map(({ Name = '', Value }) => [Name, Value])),
      }))
    }
    const cookieNameOf = (poolId: string) => `cognito-devices-${poolId}`
    /** A browser that has only the device cookie of another one. */
    function withDevicesOf(browser: TestBrowser, poolId: string, name = cookieNameOf(poolId)) {
      const other = new TestBrowser(server())
      other.cookies.set(name, browser.cookies.get(cookieNameOf(poolId)) ?? '')
      return other
    }

    it('skip the second factor on later sign-ins, also after a logout and in another app of the pool', async () => {
      const given = await givenTrackingPool()
      const browser = new TestBrowser(server())
      const { page } = await signIn(browser, given)
      assert.doesNotMatch(page.text, /remember_device/)
      await browser.visit(`/logout?${encode({ client_id: given.clientId, logout_uri: 'https://app.test/bye' })}`)
      assert.equal(await skipsMfa(browser, given.clientId), true)
      const other = await givenClient(server(), given.poolId, codeClient)
      assert.equal(await skipsMfa(withDevicesOf(browser, given.poolId), other.clientId), true)
      assert.equal(await skipsMfa(new TestBrowser(server()), given.clientId), false)
      assert.deepEqual(await sentTo(server(), given.poolId), [`mfa ${email('ana')}`, `mfa ${email('ana')}`])
    })

    it('are listed by the API, and named by the tokens, which the app refreshes without naming a device', async () => {
      const given = await givenTrackingPool()
      const browser = new TestBrowser(server())
      const tokens = await tokensOf(given, (await signIn(browser, given)).code)
      const [device, ...others] = await devicesOf(given.poolId)
      assert.deepEqual(others, [])
      assert.match(device?.key ?? '', /^us-east-1_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assert.equal(claimsOf(tokens.access)['device_key'], device?.key)
      const listed = await server().send(new ListDevicesCommand({ AccessToken: tokens.access }))
      assert.deepEqual(
        listed.Devices?.map(({ DeviceKey }) => DeviceKey),
        [device?.key],
      )
      const refreshed = await refresh(given, tokens.refresh)
      assert.equal(claimsOf(String(refreshed['access_token']))['device_key'], device?.key)
      const again = locationOf(await browser.visit(`/oauth2/authorize?${requestOf(given.clientId)}`))
      assert.equal(claimsOf((await tokensOf(given, codeIn(again))).access)['device_key'], device?.key)
      assert.equal((await devicesOf(given.poolId)).length, 1)
    })

    it('prove nothing once the user has forgotten them, and end with their browser session and refresh tokens', async () => {
      const given = await givenTrackingPool()
      const browser = new TestBrowser(server())
      const tokens = await tokensOf(given, (await signIn(browser, given)).code)
      const { code } = { code: codeIn(locationOf(await browser.visit(`/oauth2/authorize?${requestOf(given.clientId)}`))) }
      const [device] = await devicesOf(given.poolId)
      await server().send(new ForgetDeviceCommand({ AccessToken: tokens.access, DeviceKey: device?.key }))
      assert.equal((await refresh(given, tokens.refresh))['error'], 'invalid_grant')
      assert.equal((await tokensOf(given, code)).body['error'], 'invalid_grant')
      assert.match(locationOf(await browser.visit(`/oauth2/authorize?${requestOf(given.clientId)}`)), /^\/login\?/)
      assert.equal(await skipsMfa(browser, given.clientId), false)
      await signIn(browser, given)
      const [next, ...others] = await devicesOf(given.poolId)
      assert.deepEqual(others, [])
      assert.notEqual(next?.key, device?.key)
      assert.equal(await skipsMfa(browser, given.clientId), true)
    })

    it('are remembered only if the user asks for it, where the pool lets users decide', async () => {
      const given = await givenTrackingPool({ askUser: true })
      const browser = new TestBrowser(server())
      const first = await signIn(browser, given)
      assert.match(first.page.text, /name="remember_device"/)
      assert.equal('device_key' in claimsOf((await tokensOf(given, first.code)).access), false)
      assert.deepEqual(await devicesOf(given.poolId), [])
      assert.equal(await skipsMfa(browser, given.clientId), false)
      const second = await signIn(browser, given, { remember_device: 'true' })
      const [device] = await devicesOf(given.poolId)
      assert.equal(device?.['dev:device_remembered_status' as keyof typeof device], 'remembered')
      assert.equal(claimsOf((await tokensOf(given, second.code)).access)['device_key'], device?.key)
      assert.equal(await skipsMfa(browser, given.clientId), true)
    })

    it('skip nothing while they are not remembered, and are remembered again when the user asks for it', async () => {
      const given = await givenTrackingPool({ askUser: true })
      const browser = new TestBrowser(server())
      await signIn(browser, given, { remember_device: 'true' })
      const [device] = await devicesOf(given.poolId)
      const status = {
        UserPoolId: given.poolId,
        Username: 'ana',
        DeviceKey: device?.key,
        DeviceRememberedStatus: 'not_remembered',
      } as const
      await server().send(new AdminUpdateDeviceStatusCommand(status))
      assert.equal(await skipsMfa(browser, given.clientId), false)
      const { code } = await signIn(browser, given)
      assert.equal(claimsOf((await tokensOf(given, code)).access)['device_key'], device?.key)
      assert.equal(await skipsMfa(browser, given.clientId), false)
      await signIn(browser, given, { remember_device: 'true' })
      assert.equal(await skipsMfa(browser, given.clientId), true)
      assert.equal((await devicesOf(given.poolId)).length, 1)
    })

    it('skip nothing where the pool does not challenge new devices, nor where it has stopped tracking', async () => {
      const tracked = await givenTrackingPool({ challengeNew: false })
      const browser = new TestBrowser(server())
      await signIn(browser, tracked)
      assert.equal((await devicesOf(tracked.poolId)).length, 1)
      assert.equal(await skipsMfa(browser, tracked.clientId), false)
      const stopped = await givenTrackingPool()
      await signIn(browser, stopped)
      assert.equal(await skipsMfa(browser, stopped.clientId), true)
      await server().send(new UpdateUserPoolCommand({ UserPoolId: stopped.poolId }))
      await setMfa(server(), stopped.poolId, 'OPTIONAL', ['email'])
      assert.equal(await skipsMfa(browser, stopped.clientId), false)
      const { code } = await signIn(browser, stopped)
      assert.equal('device_key' in claimsOf((await tokensOf(stopped, code)).access), false)
    })

    it('count for their own user and pool only, whoever copies the cookie', async () => {
      const given = await givenTrackingPool({}, {}, ['ana', 'ben'])
      const other = await givenTrackingPool()
      const browser = new TestBrowser(server())
      await signIn(browser, given)
      assert.equal(await skipsMfa(withDevicesOf(browser, given.poolId), given.clientId, 'ben'), false)
      assert.equal(await skipsMfa(withDevicesOf(browser, given.poolId, cookieNameOf(other.poolId)), other.clientId), false)
      const [device] = await devicesOf(given.poolId)
      const sealed = (sub: string, key: string, password: string) =>
        secrets.seal('browser-devices', JSON.stringify({ v: 1, d: [{ s: sub, k: key, p: password }] }), given.poolId)
      const kept = secrets.open('browser-devices', browser.cookies.get(cookieNameOf(given.poolId)) ?? '', given.poolId)
      const [own] = (JSON.parse(kept?.toString() ?? '{}') as { d: { s: string; k: string; p: string }[] }).d
      assert.equal(own?.k, device?.key)
      const forged = new TestBrowser(server())
      for (const [sub, password, skips] of [
        [own?.s, 'wrong', false],
        [own?.s, own?.p, true],
      ] as const) {
        forged.cookies.set(cookieNameOf(given.poolId), sealed(sub ?? '', own?.k ?? '', password ?? ''))
        assert.equal(await skipsMfa(forged, given.clientId), skips)
      }
    })

    it('are kept for five users of a browser at most, and cannot be read by the browser', async () => {
      const usernames = ['ana', 'ben', 'cem', 'dia', 'eve', 'fay']
      const given = await givenTrackingPool({}, {}, usernames)
      const browser = new TestBrowser(server())
      for (const username of usernames) await signIn(browser, given, {}, username)
      const cookie = browser.cookies.get(cookieNameOf(given.poolId)) ?? ''
      assert.ok(cookie.length < 2000, String(cookie.length))
      const [device] = await devicesOf(given.poolId, 'fay')
      assert.ok(
        !Buffer.from(cookie, 'base64url')
          .toString('latin1')
          .includes(device?.key ?? ''),
      )
      assert.equal(await skipsMfa(withDevicesOf(browser, given.poolId), given.clientId, 'ana'), false)
      for (const username of usernames.slice(1)) {
        assert.equal(await skipsMfa(withDevicesOf(browser, given.poolId), given.clientId, username), true, username)
      }
    })

    it('need the password all the same, and are not made by a sign-in that a function refuses', async () => {
      let isRefused = true
      const decide = (event: TriggerEvent) => {
        if (isRefused) throw new Error('Not today')
        return event
      }
      const triggers = endpoint.given({ PostAuthentication: decide })
      const given = await givenTrackingPool({}, { LambdaConfig: triggers.lambdaConfig })
      const browser = new TestBrowser(server())
      const page = await follow(browser, await browser.submitLogin(`/login?${requestOf(given.clientId)}`, 'ana'))
      const refused = await answer(browser, page, { code: await codeSentTo(server(), given.poolId, email('ana')) })
      assert.equal(alertIn(refused), 'PostAuthentication failed with error Not today.')
      assert.deepEqual(await devicesOf(given.poolId), [])
      assert.equal(browser.cookies.has(cookieNameOf(given.poolId)), false)
      isRefused = false
      triggers.clear()
      await signIn(browser, given)
      assert.equal(await skipsMfa(browser, given.clientId), true)
      assert.deepEqual(triggers.fired, ['PostAuthentication_Authentication', 'PostAuthentication_Authentication'])
      assert.deepEqual(
        triggers.events.map(({ request }) => (request as { newDeviceUsed?: boolean }).newDeviceUsed),
        [true, false],
      )
      const wrong = await browser.submitLogin(`/login?${requestOf(given.clientId)}`, 'ana', 'Wrong-horse-7')
      assert.deepEqual([wrong.status, titleIn(wrong)], [400, 'Sign in'])
    })

    it('are forgotten with AdminForgetDevice, too', async () => {
      const given = await givenTrackingPool()
      const browser = new TestBrowser(server())
      await signIn(browser, given)
      const [device] = await devicesOf(given.poolId)
      await server().send(new AdminForgetDeviceCommand({ UserPoolId: given.poolId, Username: 'ana', DeviceKey: device?.key }))
      assert.equal(await skipsMfa(browser, given.clientId), false)
    })
  })
}
