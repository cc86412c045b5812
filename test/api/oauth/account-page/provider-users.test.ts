import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { accountAt, act, redirectOf } from '../../../support/account-page.ts'
import { engines } from '../../../support/engines.ts'
import { givenFederatedPool, providerClient } from '../../../support/federation.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { runOpenIdProvider, signInAtProvider } from '../../../support/openid-provider.ts'
import { titleIn } from '../../../support/page-texts.ts'
import { TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

for (const engine of engines) {
  describe(`Users of identity providers on the account page on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()
    before(() => provider.open({ clients: [providerClient(server())], accounts: [{ sub: 'ana', email: 'ana@corp.test', name: 'Ana' }] }))

    async function given() {
      const pool = await givenFederatedPool(server(), provider)
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: pool.poolId, HostedPages: { AccountPage: true } })
      return { ...pool, browser: new TestBrowser(server()), at: (section: string) => accountAt(pool.clientId, section) }
    }
    /** Follows the provider's button on the sign-in page. Returns where the browser goes to, and where it ends. */
    async function signIn(browser: TestBrowser, login: string, { decline = false } = {}) {
      const page = await browser.visit(login)
      const button = /href="(\/oauth2\/authorize\?[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
      const toProvider = redirectOf(await browser.visit(button))
      const back = await signInAtProvider(toProvider, 'ana', { decline })
      return { toProvider, next: redirectOf(await browser.visit(back.pathname + back.search)) }
    }

    it('sign in there, and once more before sensitive changes, for which the provider is asked to prompt', async () => {
      const { browser, at } = await given()
      const first = await signIn(browser, redirectOf(await browser.visit(at('data'))))
      assert.equal(first.next, at('data'))
      assert.equal(new URL(first.toProvider).searchParams.get('prompt'), null)
      assert.equal((await act(browser, at('data'), 'download')).status, 200)
      server().clock.advance(601_000)
      const login = redirectOf(await act(browser, at('data'), 'download'))
      const again = await signIn(browser, login)
      assert.equal(new URL(again.toProvider).searchParams.get('prompt'), 'login')
      assert.equal(again.next, at('data'))
      assert.equal((await act(browser, at('data'), 'download')).status, 200)
    })

    it('have neither a password nor factors here, and keep the identity that made them', async () => {
      const { browser, at } = await given()
      await signIn(browser, redirectOf(await browser.visit(at(''))))
      for (const section of ['password', 'factors', 'passkeys']) assert.equal((await browser.visit(at(section))).status, 404, section)
      const page = await browser.visit(at('links'))
      assert.match(page.text, /You need this to sign in/)
      assert.doesNotMatch(page.text, /value="unlink"/)
    })

    it('who are refused at the provider see that the sign-in failed, and are not sent there again', async () => {
      const { browser, at } = await given()
      const { next } = await signIn(browser, redirectOf(await browser.visit(at(''))), { decline: true })
      assert.ok(next.startsWith(`${at('')}&error`), next)
      const page = await browser.visit(next)
      assert.equal(page.status, 400)
      assert.equal(titleIn(page), 'Something went wrong')
    })
  })
}
