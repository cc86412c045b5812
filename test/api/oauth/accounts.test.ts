import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { giveAttributes } from '../../support/mfa.ts'
import { callback, encode, givenOAuthPool, type Reply, requestToken } from '../../support/oauth.ts'
import { claimsOf, givenUser } from '../../support/sign-in.ts'
import { formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const requestOf = (clientId: string, more: Readonly<Record<string, string>> = {}) =>
  encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', ...more })

/** The accounts on the page: what stands on each button, and its value. */
const accountsIn = ({ text }: Reply): Map<string, string> =>
  new Map([...text.matchAll(/name="account" value="([^"]+)"><span>([^<]*)</g)].map(([, id = '', label = '']) => [label, id]))

for (const engine of engines) {
  describe(`Several users in one browser on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenTwo() {
      const given = await givenOAuthPool(server())
      const browser = new TestBrowser(server())
      for (const username of ['ana', 'ben']) {
        await givenUser(server(), given.poolId, username)
        await browser.submitLogin(`/login?${requestOf(given.clientId)}`, username)
      }
      const authorize = (more = {}) => browser.visit(`/oauth2/authorize?${requestOf(given.clientId, more)}`)
      return { ...given, browser, authorize }
    }
    async function userOf(clientId: string, reply: Reply) {
      const code = paramsIn(locationOf(reply)).get('code') ?? ''
      const form = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code }
      const { body } = await requestToken(server(), form)
      return claimsOf(String(body['id_token']))['cognito:username']
    }
    const choose = (browser: TestBrowser, page: Reply, account: string) =>
      browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), account })

    it('leaves the last one who signed in the current user', async () => {
      const { clientId, authorize } = await givenTwo()
      assert.equal(await userOf(clientId, await authorize()), 'ben')
    })

    it('lets the user choose with prompt=select_account, and remembers the choice', async () => {
      const { poolId, clientId, browser, authorize } = await givenTwo()
      await giveAttributes(server(), poolId, 'ana', { name: 'Ana Ray', email: 'ana@example.test' })
      const path = locationOf(await authorize({ prompt: 'select_account', state: 's' }))
      assert.match(path, /^\/select-account\?/)
      const page = await browser.visit(path)
      assert.deepEqual([...accountsIn(page).keys()], ['ben', 'Ana Ray'])
      assert.match(page.text, /<span class="detail">ana@example\.test</)
      const chosen = await choose(browser, page, accountsIn(page).get('Ana Ray') ?? '')
      const answer = await browser.visit(locationOf(chosen))
      assert.equal(paramsIn(locationOf(answer)).get('state'), 's')
      assert.equal(await userOf(clientId, answer), 'ana')
      assert.equal(await userOf(clientId, await authorize()), 'ana')
    })

    it('lets another user sign in from the page', async () => {
      const { browser, authorize } = await givenTwo()
      const page = await browser.visit(locationOf(await authorize({ prompt: 'select_account' })))
      assert.match(locationOf(await choose(browser, page, '')), /^\/login\?/)
    })

    it('does not offer a disabled user, and does not put another in the place of the current one', async () => {
      const { poolId, browser, authorize } = await givenTwo()
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ben' }))
      assert.match(locationOf(await authorize()), /^\/login\?/)
      assert.match(locationOf(await authorize({ prompt: 'none' })), /error=login_required/)
      const page = await browser.visit(locationOf(await authorize({ prompt: 'select_account' })))
      assert.deepEqual([...accountsIn(page).keys()], ['ana'])
    })

    it('refuses a session that the browser does not have, and a form of another site', async () => {
      const { clientId, browser, authorize } = await givenTwo()
      const path = locationOf(await authorize({ prompt: 'select_account' }))
      const page = await browser.visit(path)
      const [ben = ''] = accountsIn(page).values()
      const stranger = new TestBrowser(server())
      const login = await stranger.visit(`/login?${requestOf(clientId)}`)
      const stolen = await stranger.submit(path, { ...hiddenFieldsIn(login), account: ben })
      assert.match(locationOf(stolen), /^\/login\?/)
      for (const form of [{ account: ben }, { ...hiddenFieldsIn(page), account: 'x' }]) {
        const answer = await browser.submit(path, form)
        assert.equal(answer.status, 200)
        assert.equal(accountsIn(answer).size, 2)
      }
    })

    it('are all signed out at /logout', async () => {
      const { clientId, browser, authorize } = await givenTwo()
      const copy = new TestBrowser(server())
      for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
      await browser.visit(`/logout?${encode({ client_id: clientId, logout_uri: 'https://app.test/bye' })}`)
      assert.match(locationOf(await authorize({ prompt: 'select_account' })), /^\/login\?/)
      const copied = await copy.visit(`/oauth2/authorize?${requestOf(clientId, { prompt: 'select_account' })}`)
      assert.match(locationOf(copied), /^\/login\?/)
    })
  })
}
