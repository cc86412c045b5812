import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateUserPoolCommand, UpdateUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { openLogoutApp } from '../../../support/logout-apps.ts'
import { authorizeFor, givenAppClient, givenConnectedClient, setLogout, signInTo } from '../../../support/logout-clients.ts'
import { readMetrics } from '../../../support/metrics.ts'
import { basic, encode, post, send } from '../../../support/oauth.ts'
import { startProductionServer } from '../../../support/production-server.ts'
import { givenUser } from '../../../support/sign-in.ts'
import { signedCall } from '../../../support/signed-call.ts'
import { givenStrictPool } from '../../../support/strict.ts'
import { TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { until } from '../../../support/until.ts'

const minute = 60_000
/** The most attempts after refusals. */
const mostRefusals = 5

for (const engine of engines) {
  describe(`The delivery of logout tokens on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--log-level', 'silent'] })

    async function givenApp() {
      const app = await openLogoutApp()
      const { poolId } = await givenStrictPool(server())
      const client = await givenConnectedClient(server(), poolId, app)
      const browser = new TestBrowser(server())
      return { app, poolId, client, browser, [Symbol.dispose]: app[Symbol.dispose] }
    }
    const logOut = (browser: TestBrowser, idToken: string) => browser.visit(`/logout?${encode({ id_token_hint: idToken })}`)
    const countOf = async (outcome: string) =>
      (await readMetrics(server().url)).valuesOf('lifeguard_logout_token_attempts_total')[`outcome=${outcome}`] ?? 0
    const reaches = (outcome: string, count: number) =>
      until(
        `there are ${count} attempts of the outcome ${outcome}`,
        () => countOf(outcome),
        (found) => found >= count,
      )

    it('is tried again after errors, with a new token each time', async () => {
      using given = await givenApp()
      const { app, client, browser } = given
      const before = { postponed: await countOf('postponed'), delivered: await countOf('delivered') }
      app.faults.push({ status: 503 }, 'hang up', { status: 302 })
      const { idToken } = await signInTo(server(), browser, client)
      await logOut(browser, idToken)
      for (const attempt of [1, 2, 3]) {
        await app.arrived(attempt)
        await reaches('postponed', before.postponed + attempt)
        server().clock.advance(minute)
      }
      await app.arrived(4)
      await reaches('delivered', before.delivered + 1)
      assert.deepEqual(
        app.received.map(({ problem }) => problem),
        ['', '', '', ''],
      )
      assert.equal(new Set(app.received.map(({ token }) => token)).size, 4)
    })

    it('is given up after some refusals', async () => {
      using given = await givenApp()
      const { app, client, browser } = given
      const before = { postponed: await countOf('postponed'), 'given-up': await countOf('given-up') }
      app.faults.push(...Array.from({ length: mostRefusals }, () => ({ status: 400 })))
      const { idToken } = await signInTo(server(), browser, client)
      await logOut(browser, idToken)
      for (let attempt = 1; attempt < mostRefusals; attempt++) {
        await reaches('postponed', before.postponed + attempt)
        server().clock.advance(minute)
      }
      await reaches('given-up', before['given-up'] + 1)
      assert.equal(app.received.length, mostRefusals)
    })

    it('is given up after a day', async () => {
      using given = await givenApp()
      const { app, client, browser } = given
      const before = { postponed: await countOf('postponed'), 'given-up': await countOf('given-up') }
      app.faults.push({ status: 503 })
      const { idToken } = await signInTo(server(), browser, client)
      await logOut(browser, idToken)
      await reaches('postponed', before.postponed + 1)
      server().clock.advance(24 * 60 * minute)
      await reaches('given-up', before['given-up'] + 1)
      assert.equal(app.received.length, 1)
    })

    it('holds up neither the logout page nor other apps when an app hangs', async () => {
      using given = await givenApp()
      using healthy = await openLogoutApp()
      const { app, poolId, client, browser } = given
      const other = await givenConnectedClient(server(), poolId, healthy)
      app.faults.push('hang', 'hang')
      const before = await countOf('postponed')
      const { idToken } = await signInTo(server(), browser, client)
      await signInTo(server(), browser, other)
      await logOut(browser, idToken)
      await Promise.all([app.arrived(1), healthy.arrived(1)])
      const again = await signInTo(server(), browser, other)
      await logOut(browser, again.idToken)
      await healthy.arrived(2)
      // The attempt that hangs ends after its time limit.
      await reaches('postponed', before + 1)
    })

    it('is not made to a client that no longer takes part', async () => {
      using given = await givenApp()
      using other = await openLogoutApp()
      const { app, poolId, client, browser } = given
      const second = await givenConnectedClient(server(), poolId, other)
      const { idToken } = await signInTo(server(), browser, client)
      await signInTo(server(), browser, second)
      await setLogout(server(), poolId, client.clientId, { BackChannelLogout: {} })
      await logOut(browser, idToken)
      await other.arrived(1)
      assert.deepEqual(app.received, [])
    })

    it('gives a token that nothing takes for an ID token or an access token', async () => {
      using given = await givenApp()
      const { app, client, browser } = given
      const { idToken } = await signInTo(server(), browser, client)
      await logOut(browser, idToken)
      await app.arrived(1)
      const token = app.received[0]?.token ?? ''
      await signInTo(server(), browser, client)
      assert.match((await browser.visit(`/logout?${encode({ client_id: client.clientId, id_token_hint: token })}`)).text, /Do you want to/)
      assert.match(await authorizeFor(browser, client, { prompt: 'none', id_token_hint: token }), /error=invalid_request/)
      assert.equal((await send(server(), '/oauth2/userInfo', { headers: { authorization: `Bearer ${token}` } })).status, 401)
      const { body } = await post(server(), '/oauth2/introspect', { token }, basic(client.clientId, client.secret))
      assert.deepEqual(body, { active: false })
    })
  })

  describe(`Logout tokens in production on ${engine.name}`, () => {
    for (const isAllowed of [false, true]) {
      it(`${isAllowed ? 'reach' : 'do not reach'} an app on this machine ${isAllowed ? 'with' : 'without'} --private-logout-origins`, async () => {
        using app = await openLogoutApp()
        const flags = ['--metrics-token', 'scrape', ...(isAllowed ? ['--private-logout-origins', `https://a.test,${app.origin}`] : [])]
        await using server = await startProductionServer(engine, { flags })
        const key = await server.createKey()
        const owner = server.client(key)
        const { UserPool } = await owner.send(new CreateUserPoolCommand({ PoolName: 'shop' }))
        const poolId = UserPool?.Id ?? ''
        const client = await givenAppClient(owner, poolId, app)
        const ids = { UserPoolId: poolId, ClientId: client.clientId }
        await signedCall(server, key, 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: 'STRICT' } })
        await signedCall(server, key, 'SetUserPoolClientExtensions', { ...ids, BackChannelLogout: { Uri: `${app.origin}/backchannel` } })
        await givenUser(owner, poolId, 'ana')
        app.connect(server, { poolId, clientId: client.clientId, publicUrl: 'http://id.example.test' })
        const browser = new TestBrowser(server, 'id.example.test')
        const { idToken } = await signInTo(server, browser, client)
        await browser.visit(`/logout?${encode({ id_token_hint: idToken })}`)
        const outcome = await until(
          'the first attempt has ended',
          async () => Object.keys((await readMetrics(server.url, 'scrape')).valuesOf('lifeguard_logout_token_attempts_total'))[0],
        )
        assert.equal(outcome, isAllowed ? 'outcome=delivered' : 'outcome=postponed')
        assert.deepEqual(
          app.received.map(({ problem }) => problem),
          isAllowed ? [''] : [],
        )
      })
    }
  })

  describe(`The addresses of logout on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are kept, shown, kept by UpdateUserPoolClient, and removed', async () => {
      const { poolId } = await givenStrictPool(server())
      const { clientId } = await givenAppClient(server(), poolId, { origin: 'https://app.test' })
      const ids = { UserPoolId: poolId, ClientId: clientId }
      const sections = {
        FrontChannelLogout: { Uri: 'https://app.test/front?a=b', SessionRequired: true },
        BackChannelLogout: { Uri: 'https://other.test/back', SessionRequired: false },
      }
      await setLogout(server(), poolId, clientId, sections)
      await server().send(new UpdateUserPoolClientCommand({ ...ids, ClientName: 'renamed' }))
      const { FrontChannelLogout, BackChannelLogout } = await callLifeguard(server(), 'GetUserPoolClientExtensions', ids)
      assert.deepEqual({ FrontChannelLogout, BackChannelLogout }, sections)
      const removed = await setLogout(server(), poolId, clientId, { FrontChannelLogout: {} })
      assert.deepEqual([removed.FrontChannelLogout, removed.BackChannelLogout], [{ SessionRequired: false }, sections.BackChannelLogout])
    })

    it('are refused when they are no web addresses, and the front channel when its origin is not that of a callback URL', async () => {
      const { poolId } = await givenStrictPool(server())
      const { clientId } = await givenAppClient(server(), poolId, { origin: 'https://app.test' })
      const wrong = [
        'app.test',
        '/logout',
        'http://app.test/',
        'ftp://app.test/',
        'javascript:alert(1)',
        'data:text/html,x',
        'https://app.test/#fragment',
        'https://ana:secret@app.test/',
        "https://app.test;script-src'unsafe-inline'/",
        'https://*.app.test/',
        'https://app.test:99999/',
        `https://app.test/${'x'.repeat(2048)}`,
      ]
      for (const Uri of wrong) {
        for (const section of ['FrontChannelLogout', 'BackChannelLogout']) {
          const setting = setLogout(server(), poolId, clientId, { [section]: { Uri } })
          await assert.rejects(setting, { name: 'InvalidParameterException' }, `${section} ${Uri}`)
        }
      }
      for (const Uri of ['https://evil.test/', 'https://app.test:8443/', 'http://localhost/']) {
        const setting = setLogout(server(), poolId, clientId, { FrontChannelLogout: { Uri } })
        await assert.rejects(setting, { name: 'InvalidParameterException' }, Uri)
        await setLogout(server(), poolId, clientId, { BackChannelLogout: { Uri } })
      }
    })
  })
}
