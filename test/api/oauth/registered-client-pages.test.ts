import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { givenDomain, loginPath } from '../../support/branding.ts'
import { givenRegistered, givenRegistrationPool } from '../../support/client-registration.ts'
import { engines } from '../../support/engines.ts'
import { callback, codeClient, givenClient } from '../../support/oauth.ts'
import { titleIn } from '../../support/page-texts.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`The pages of a pool with registered clients on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('have the default look for registered clients on a domain of managed login, and need a style for others', async () => {
      const { poolId } = await givenRegistrationPool(server())
      const host = await givenDomain(server(), poolId, 2)
      const { clientId } = await givenRegistered(server(), poolId)
      const browser = new TestBrowser(server(), host)
      assert.equal(titleIn(await browser.visit(loginPath(clientId))), 'Sign in')
      const back = locationOf(await browser.submitLogin(loginPath(clientId), 'ana'))
      assert.match(back, /[?&]code=/)
      const other = await givenClient(server(), poolId, codeClient)
      assert.equal((await browser.visit(loginPath(other.clientId))).status, 403)
    })

    it('lead to a change of the password without regard to registered clients', async () => {
      const { poolId, clientId } = await givenRegistrationPool(server())
      const browser = new TestBrowser(server(), await givenDomain(server(), poolId, 1))
      const path = '/.well-known/change-password'
      const page = locationOf(await browser.visit(path))
      assert.equal(page, `/forgotPassword?${new URLSearchParams({ client_id: clientId, response_type: 'code', redirect_uri: callback })}`)
      for (let count = 0; count < 12; count++) await givenRegistered(server(), poolId)
      assert.equal(locationOf(await browser.visit(path)), page)
    })
  })
}
