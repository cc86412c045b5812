import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminSetUserPasswordCommand, AdminUserGlobalSignOutCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { callback, encode, givenOAuthPool, type Reply } from '../../support/oauth.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { formActionIn, hiddenFieldsIn, locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const requestOf = (clientId: string) => encode({ client_id: clientId, redirect_uri: callback, response_type: 'code' })
const minute = 60_000

for (const engine of engines) {
  describe(`The settings of browser sessions on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenSignedIn(HostedPages: object, more: Readonly<Record<string, string>> = {}) {
      const { poolId, clientId } = await givenOAuthPool(server())
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, HostedPages })
      await givenUser(server(), poolId, 'ana')
      const browser = new TestBrowser(server())
      const page = await browser.visit(`/login?${requestOf(clientId)}`)
      const answer = await browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), username: 'ana', password: goodPassword, ...more })
      const isSignedIn = async () => locationOf(await browser.visit(`/oauth2/authorize?${requestOf(clientId)}`)).startsWith(callback)
      return { poolId, page, answer, browser, isSignedIn }
    }
    const maxAgeIn = ({ headers }: Reply): number =>
      Number(/Max-Age=(\d+)/.exec(headers.getSetCookie().find((cookie) => cookie.startsWith('cognito-')) ?? '')?.[1])

    it('decide how long a session lasts', async () => {
      const { answer, page, isSignedIn } = await givenSignedIn({ SessionMinutes: 120 })
      assert.equal(maxAgeIn(answer), 7200)
      assert.doesNotMatch(page.text, /name="remember"/)
      server().clock.advance(119 * minute)
      assert.equal(await isSignedIn(), true)
      server().clock.advance(minute)
      assert.equal(await isSignedIn(), false)
    })

    it('end a session that is not used', async () => {
      const { isSignedIn } = await givenSignedIn({ SessionMinutes: 120, SessionIdleMinutes: 30 })
      for (let use = 0; use < 3; use++) {
        server().clock.advance(29 * minute)
        assert.equal(await isSignedIn(), true)
      }
      server().clock.advance(30 * minute)
      assert.equal(await isSignedIn(), false)
    })

    it('keep those signed in who ask for it, used or not', async () => {
      const settings = { RememberMeDays: 30, SessionIdleMinutes: 30 }
      const short = await givenSignedIn(settings)
      assert.match(short.page.text, /name="remember"/)
      assert.equal(maxAgeIn(short.answer), 3600)
      const long = await givenSignedIn(settings, { remember: 'true' })
      assert.equal(maxAgeIn(long.answer), 30 * 24 * 3600)
      server().clock.advance(29 * 24 * 60 * minute)
      assert.deepEqual([await short.isSignedIn(), await long.isSignedIn()], [false, true])
      server().clock.advance(24 * 60 * minute)
      assert.equal(await long.isSignedIn(), false)
    })

    it('do not keep a user signed in for long where the pool does not offer it', async () => {
      const { answer } = await givenSignedIn({}, { remember: 'true' })
      assert.equal(maxAgeIn(answer), 3600)
    })

    it('end the sessions of all browsers at a sign-out everywhere and at a new password', async () => {
      const changes = [
        (UserPoolId: string) => new AdminUserGlobalSignOutCommand({ UserPoolId, Username: 'ana' }),
        (UserPoolId: string) => new AdminSetUserPasswordCommand({ UserPoolId, Username: 'ana', Password: goodPassword, Permanent: true }),
      ]
      for (const change of changes) {
        const { poolId, isSignedIn } = await givenSignedIn({ EndSessionsOnSignOut: true })
        assert.equal(await isSignedIn(), true)
        await server().send(change(poolId) as AdminUserGlobalSignOutCommand)
        assert.equal(await isSignedIn(), false)
      }
    })
  })
}
