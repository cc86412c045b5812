import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as oidc from 'openid-client'
import { decideOn, givenDevicePool } from '../support/device-grant.ts'
import { engines } from '../support/engines.ts'
import { callback, givenClient, givenOAuthPool, machineClient } from '../support/oauth.ts'
import { givenUser } from '../support/sign-in.ts'
import { locationOf, TestBrowser } from '../support/test-browser.ts'
import { type TestServer, useTestServer } from '../support/test-server.ts'

/** Discovers the pool, and makes the client check the signature of each ID token. */
async function configure(server: TestServer, { poolId, clientId, secret }: { poolId: string; clientId: string; secret: string }) {
  const authentication = secret === '' ? oidc.None() : oidc.ClientSecretBasic(secret)
  const options = { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] }
  return oidc.discovery(new URL(`${server.url}/${poolId}`), clientId, undefined, authentication, options)
}

const pathOf = ({ pathname, search }: URL): string => `${pathname}${search}`

for (const engine of engines) {
  describe(`openid-client on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(client = {}) {
      const given = await givenOAuthPool(server(), { client })
      const attributes = [{ Name: 'email', Value: 'ana@example.test' }]
      return { ...given, ...(await givenUser(server(), given.poolId, 'ana', { attributes })) }
    }

    for (const kind of ['public', 'confidential']) {
      it(`signs in a ${kind} client by code with PKCE, refreshes, revokes and signs out`, async () => {
        const given = await givenAna(kind === 'public' ? {} : { GenerateSecret: true })
        const config = await configure(server(), given)
        const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
        const [expectedNonce, expectedState] = [oidc.randomNonce(), oidc.randomState()]
        const address = oidc.buildAuthorizationUrl(config, {
          redirect_uri: callback,
          scope: 'openid email',
          code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
          code_challenge_method: 'S256',
          nonce: expectedNonce,
          state: expectedState,
        })
        const browser = new TestBrowser(server())
        const login = locationOf(await browser.visit(pathOf(address)))
        const back = new URL(locationOf(await browser.submitLogin(login, 'ana')))

        const tokens = await oidc.authorizationCodeGrant(config, back, {
          pkceCodeVerifier,
          expectedNonce,
          expectedState,
          idTokenExpected: true,
        })
        assert.equal(tokens.claims()?.sub, given.sub)
        assert.equal(tokens.token_type, 'bearer')
        const info = await oidc.fetchUserInfo(config, tokens.access_token, given.sub)
        assert.deepEqual(info, { sub: given.sub, username: 'ana', email: 'ana@example.test' })

        const refreshToken = tokens.refresh_token ?? ''
        const renewed = await oidc.refreshTokenGrant(config, refreshToken)
        assert.equal(renewed.claims()?.['email'], 'ana@example.test')
        assert.equal(renewed.refresh_token, undefined)
        await oidc.tokenRevocation(config, refreshToken)
        await assert.rejects(oidc.refreshTokenGrant(config, refreshToken), { error: 'invalid_grant', status: 400 })
        await assert.rejects(oidc.fetchUserInfo(config, renewed.access_token, given.sub), { status: 401 })

        const silent = new URL(
          locationOf(
            await browser.visit(pathOf(oidc.buildAuthorizationUrl(config, { redirect_uri: callback, scope: 'openid', prompt: 'none' }))),
          ),
        )
        assert.ok(silent.searchParams.has('code'))
        const bye = oidc.buildEndSessionUrl(config, { client_id: given.clientId, logout_uri: 'https://app.test/bye' })
        assert.equal(locationOf(await browser.visit(pathOf(bye))), 'https://app.test/bye')
        const out = locationOf(await browser.visit(pathOf(oidc.buildAuthorizationUrl(config, { redirect_uri: callback, prompt: 'none' }))))
        assert.equal(out, `${callback}?error=login_required`)
      })
    }

    it('rotates refresh tokens', async () => {
      const given = await givenAna({ RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 } })
      const config = await configure(server(), given)
      const browser = new TestBrowser(server())
      const login = locationOf(await browser.visit(pathOf(oidc.buildAuthorizationUrl(config, { redirect_uri: callback, scope: 'openid' }))))
      const tokens = await oidc.authorizationCodeGrant(config, new URL(locationOf(await browser.submitLogin(login, 'ana'))))
      const first = tokens.refresh_token ?? ''
      const second = (await oidc.refreshTokenGrant(config, first)).refresh_token ?? ''
      assert.notEqual(second, first)
      await oidc.refreshTokenGrant(config, second)
      await assert.rejects(oidc.refreshTokenGrant(config, first), { error: 'invalid_grant' })
    })

    it('gets tokens for a client itself', async () => {
      const { poolId } = await givenOAuthPool(server())
      const config = await configure(server(), { poolId, ...(await givenClient(server(), poolId, machineClient)) })
      const { access_token, scope, expires_in } = await oidc.clientCredentialsGrant(config, { scope: 'https://api.test/read' })
      assert.deepEqual([typeof access_token, scope, expires_in], ['string', undefined, 3600])
      await assert.rejects(oidc.clientCredentialsGrant(config, { scope: 'nothing' }), { error: 'invalid_scope' })
    })

    for (const kind of ['public', 'confidential']) {
      it(`polls for the tokens of a device of a ${kind} client, and hears of a denial`, async () => {
        const given = await givenDevicePool(server(), kind === 'public' ? {} : { client: { GenerateSecret: true } })
        const config = await configure(server(), given)
        const ask = () => oidc.initiateDeviceAuthorization(config, { scope: 'openid email' })
        const askingDevice = ({ device_code, user_code, verification_uri }: oidc.DeviceAuthorizationResponse) => ({
          ...{ clientId: given.clientId, deviceCode: device_code, userCode: user_code, completePage: '' },
          page: pathOf(new URL(verification_uri)),
        })
        const device = await ask()
        const polls: unknown[] = []
        // The user decides after the second poll. The clock of the server advances by the interval before each poll.
        config[oidc.customFetch] = async (url, options) => {
          server().clock.advance((device.interval ?? 0) * 1000)
          const response = await fetch(url, options as RequestInit)
          polls.push(response.ok ? 'ok' : ((await response.clone().json()) as { error: unknown }).error)
          if (polls.length === 2) await decideOn(new TestBrowser(server()), askingDevice(device), 'allow')
          return response
        }
        const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 0.01 })
        assert.equal(tokens.claims()?.['cognito:username'], 'ana')
        assert.deepEqual(polls.slice(0, 3), ['authorization_pending', 'authorization_pending', 'ok'])
        await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')
        const denied = await ask()
        await decideOn(new TestBrowser(server()), askingDevice(denied), 'deny')
        await assert.rejects(oidc.pollDeviceAuthorizationGrant(config, { ...denied, interval: 0.01 }), { error: 'access_denied' })
      })
    }
  })
}
