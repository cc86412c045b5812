import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  DeleteUserCommand,
  GlobalSignOutCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { type LogoutApp, openLogoutApp } from '../../../support/logout-apps.ts'
import { authorizeFor, givenConnectedClient, redeemCode, signInTo } from '../../../support/logout-clients.ts'
import { basic, codeClient, encode, givenClient, requestToken, send } from '../../../support/oauth.ts'
import { claimsOf, givenUser, goodPassword } from '../../../support/sign-in.ts'
import { givenStrictPool } from '../../../support/strict.ts'
import { csrfTokenIn, formActionIn, locationOf, TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

/** The tests have the names of the modules of the OpenID Foundation's conformance suite that they re-make. */
for (const engine of engines) {
  describe(`Back-channel logout on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenApp(hostedPages: object = {}) {
      const app = await openLogoutApp()
      const { poolId } = await givenStrictPool(server())
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, HostedPages: hostedPages })
      const browser = new TestBrowser(server())
      const client = await givenConnectedClient(server(), poolId, app)
      return { app, poolId, client, browser, [Symbol.dispose]: app[Symbol.dispose] }
    }
    const logOut = (browser: TestBrowser, idToken: string) => browser.visit(`/logout?${encode({ id_token_hint: idToken })}`)
    const problems = (app: LogoutApp) => app.received.map(({ problem }) => problem)

    it('oidcc-backchannel-logout-discovery-endpoint-verification', async () => {
      const { poolId } = await givenStrictPool(server())
      const { body } = await send(server(), `/${poolId}/.well-known/openid-configuration`)
      assert.deepEqual([body['backchannel_logout_supported'], body['backchannel_logout_session_supported']], [true, true])
      const cognito = await server().givenPool()
      const other = await send(server(), `/${cognito.poolId}/.well-known/openid-configuration`)
      assert.deepEqual(
        Object.keys(other.body).filter((name) => name.includes('channel')),
        [],
      )
    })

    it('oidcc-backchannel-rp-initiated-logout', async () => {
      using given = await givenApp()
      const { app, client, browser } = given
      const { idToken, sid } = await signInTo(server(), browser, client)
      app.sessions.add(sid)
      const answer = await browser.visit(
        `/logout?${encode({ id_token_hint: idToken, post_logout_redirect_uri: `${app.origin}/bye`, state: 's' })}`,
      )
      assert.equal(locationOf(answer), `${app.origin}/bye?state=s`)
      await app.arrived(1)
      assert.deepEqual([problems(app), app.sessions.size], [[''], 0])
      const { sub } = claimsOf(app.received[0]?.token ?? '')
      assert.equal(sub, claimsOf(idToken)['sub'])
    })

    it('names the session of the browser in all ID tokens of it, also after refreshes and a new sign-in, and in no other', async () => {
      using given = await givenApp()
      const { poolId, client, browser } = given
      const second = await givenClient(server(), poolId, { ...codeClient, GenerateSecret: true })
      const { sid, refreshToken } = await signInTo(server(), browser, client)
      assert.match(sid, /^[0-9a-f-]{36}$/)
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
      for (let times = 0; times < 2; times++) {
        const { body } = await requestToken(server(), form, basic(client.clientId, client.secret))
        assert.equal(claimsOf(String(body['id_token']))['sid'], sid)
        assert.equal(claimsOf(String(body['access_token']))['sid'], undefined)
      }
      assert.equal((await signInTo(server(), browser, second)).sid, sid)
      assert.equal((await signInTo(server(), browser, second, { prompt: 'login' })).sid, sid)
      assert.notEqual((await signInTo(server(), new TestBrowser(server()), client)).sid, sid)
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: 'COGNITO' } })
      const { body } = await requestToken(server(), form, basic(client.clientId, client.secret))
      assert.equal(claimsOf(String(body['id_token']))['sid'], undefined)
      assert.equal((await signInTo(server(), browser, client, { prompt: 'login' })).sid, 'undefined')
    })

    it('tells every client that got tokens in the session once, and no client without tokens or of another session', async () => {
      using given = await givenApp()
      using secondApp = await openLogoutApp()
      using thirdApp = await openLogoutApp()
      const { app, poolId, client, browser } = given
      const second = await givenConnectedClient(server(), poolId, secondApp)
      const third = await givenConnectedClient(server(), poolId, thirdApp)
      const { idToken, sid } = await signInTo(server(), browser, client)
      await signInTo(server(), browser, second)
      await signInTo(server(), browser, second)
      // The third app gets a code in this session, and tokens in another one.
      await authorizeFor(browser, third)
      const elsewhere = new TestBrowser(server())
      const other = await signInTo(server(), elsewhere, third)
      await signInTo(server(), browser, client, { prompt: 'login' })
      await logOut(browser, idToken)
      await Promise.all([app.arrived(1), secondApp.arrived(1)])
      await logOut(elsewhere, other.idToken)
      await thirdApp.arrived(1)
      const sids = [app, secondApp, thirdApp].map(({ received }) => received.map(({ token }) => claimsOf(token)['sid']))
      assert.deepEqual(sids, [[sid], [sid], [other.sid]])
      assert.deepEqual([app, secondApp, thirdApp].flatMap(problems), ['', '', ''])
    })

    it('tells the apps of all users who were signed in in the browser', async () => {
      using given = await givenApp()
      const { app, poolId, client, browser } = given
      await givenUser(server(), poolId, 'ben')
      const ana = await signInTo(server(), browser, client)
      const ben = await signInTo(server(), browser, client, { prompt: 'login', username: 'ben' })
      const page = await logOut(browser, ben.idToken)
      await browser.submit(formActionIn(page), { _csrf: csrfTokenIn(page) })
      await app.arrived(2)
      assert.deepEqual(new Set(app.received.map(({ token }) => claimsOf(token)['sid'])), new Set([ana.sid, ben.sid]))
    })

    it('sends nothing more when a copy of the cookie is logged out again', async () => {
      using given = await givenApp()
      const { app, client, browser } = given
      const { idToken } = await signInTo(server(), browser, client)
      const copy = new TestBrowser(server())
      for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
      await logOut(browser, idToken)
      await app.arrived(1)
      await logOut(copy, idToken)
      await signInTo(server(), copy, client)
      await logOut(copy, idToken)
      await app.arrived(2)
      assert.equal(new Set(app.received.map(({ token }) => claimsOf(token)['sid'])).size, 2)
    })

    it('refuses a code that is redeemed after the session has ended', async () => {
      using given = await givenApp()
      const { client, browser } = given
      const { idToken } = await signInTo(server(), browser, client)
      const back = await authorizeFor(browser, client)
      await logOut(browser, idToken)
      const { status, body } = await redeemCode(server(), client, back)
      assert.deepEqual([status, body['error']], [400, 'invalid_grant'])
    })

    it('either refuses a code or tells the app, when the logout comes at the same time', async () => {
      using given = await givenApp()
      using secondApp = await openLogoutApp()
      const { poolId, client, browser } = given
      const second = await givenConnectedClient(server(), poolId, secondApp)
      const told: string[] = []
      for (let round = 0; round < 12; round++) {
        const { idToken, sid } = await signInTo(server(), browser, client)
        const back = await authorizeFor(browser, second)
        const redeeming = redeemCode(server(), second, back)
        const [{ status, body }] = await Promise.all([redeeming, logOut(browser, idToken)])
        if (status === 200) told.push(sid)
        else assert.equal(body['error'], 'invalid_grant')
      }
      await secondApp.arrived(told.length)
      assert.deepEqual(secondApp.received.map(({ token }) => claimsOf(token)['sid']).sort(), told.sort())
    })

    const endings: readonly { name: string; settings: object; end(poolId: string, accessToken: string): unknown }[] = [
      {
        name: 'AdminUserGlobalSignOut',
        settings: { EndSessionsOnSignOut: true },
        end: (UserPoolId) => server().send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username: 'ana' })),
      },
      {
        name: 'GlobalSignOut',
        settings: { EndSessionsOnSignOut: true },
        end: (_, AccessToken) => server().send(new GlobalSignOutCommand({ AccessToken })),
      },
      {
        name: 'a new password',
        settings: { EndSessionsOnSignOut: true },
        end: (UserPoolId) =>
          server().send(new AdminSetUserPasswordCommand({ UserPoolId, Username: 'ana', Password: goodPassword, Permanent: true })),
      },
      {
        name: 'AdminDisableUser',
        settings: {},
        end: (UserPoolId) => server().send(new AdminDisableUserCommand({ UserPoolId, Username: 'ana' })),
      },
      {
        name: 'AdminDeleteUser',
        settings: {},
        end: (UserPoolId) => server().send(new AdminDeleteUserCommand({ UserPoolId, Username: 'ana' })),
      },
      { name: 'DeleteUser', settings: {}, end: (_, AccessToken) => server().send(new DeleteUserCommand({ AccessToken })) },
    ]
    for (const { name, settings, end } of endings) {
      it(`tells the apps of all browsers of the user after ${name}`, async () => {
        using given = await givenApp(settings)
        const { app, poolId, client, browser } = given
        const scope = 'openid aws.cognito.signin.user.admin'
        const here = await signInTo(server(), browser, client, { scope })
        const there = await signInTo(server(), new TestBrowser(server()), client)
        await end(poolId, here.accessToken)
        await app.arrived(2)
        assert.deepEqual(problems(app), ['', ''])
        assert.deepEqual(new Set(app.received.map(({ token }) => claimsOf(token)['sid'])), new Set([here.sid, there.sid]))
      })
    }

    it('tells no app after a sign-out everywhere or a new password where browsers stay signed in', async () => {
      using given = await givenApp()
      const { app, poolId, client, browser } = given
      const { idToken } = await signInTo(server(), browser, client)
      await server().send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' }))
      await server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: goodPassword, Permanent: true }))
      const again = await signInTo(server(), browser, client)
      await logOut(browser, idToken)
      await app.arrived(1)
      assert.equal(claimsOf(app.received[0]?.token ?? '')['sid'], again.sid)
      assert.equal(app.received.length, 1)
    })

    it('tells an app again that got tokens in a session which goes on after the user was enabled', async () => {
      using given = await givenApp()
      const { app, poolId, client, browser } = given
      const { sid } = await signInTo(server(), browser, client)
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      await app.arrived(1)
      await server().send(new AdminEnableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      const again = await signInTo(server(), browser, client)
      assert.equal(again.sid, sid)
      await logOut(browser, again.idToken)
      await app.arrived(2)
      assert.deepEqual(problems(app), ['', ''])
    })
  })
}
