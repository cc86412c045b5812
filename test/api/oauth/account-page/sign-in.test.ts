import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { accountAt, act, givenAccountPool, redirectOf, signInToAccount } from '../../../support/account-page.ts'
import { engines } from '../../../support/engines.ts'
import { noticeIn, titleIn } from '../../../support/page-texts.ts'
import { TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

for (const engine of engines) {
  describe(`The sign-in for the account page on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('comes first, needs no callback of an app, and leads back', async () => {
      const { clientId } = await givenAccountPool(server())
      const { browser, next } = await signInToAccount(server(), clientId)
      assert.equal(next, accountAt(clientId))
      const page = await browser.visit(next)
      assert.equal(page.status, 200, page.text)
      assert.equal(titleIn(page), 'Your account')
      const profile = await browser.visit(accountAt(clientId, 'profile'))
      assert.equal(titleIn(profile), 'Personal data')
      assert.equal(noticeIn(await act(browser, accountAt(clientId, 'profile'), 'save', { 'attribute[name]': 'Ana' })), 'Your changes were saved.')
      for (const s of ['password', 'sessions', 'data', 'delete']) assert.equal((await browser.visit(accountAt(clientId, s))).status, 200, s)
      for (const s of ['factors', 'passkeys', 'devices', 'links', 'history']) assert.equal((await browser.visit(accountAt(clientId, s))).status, 404, s)
      assert.equal(new TestBrowser(server()).cookies.size, 0)
      void redirectOf
    })
  })
}
