import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { type FrontChannelApp, openFrontChannelApp } from '../support/front-channel-app.ts'
import { setLogout } from '../support/logout-clients.ts'
import { codeClient, givenClient } from '../support/oauth.ts'
import { goodPassword } from '../support/sign-in.ts'
import { givenStrictPool } from '../support/strict.ts'
import { useTestServer } from '../support/test-server.ts'

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor()

for (const engine of engines) {
  describe(`Front-channel logout in Chromium on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const browser = useBrowser()

    async function connect(app: FrontChannelApp, poolId: string): Promise<void> {
      const urls = { CallbackURLs: [`${app.origin}/callback`], LogoutURLs: [`${app.origin}/bye`] }
      const { clientId, secret } = await givenClient(server(), poolId, { ...codeClient, ...urls, GenerateSecret: true })
      await setLogout(server(), poolId, clientId, { FrontChannelLogout: { Uri: `${app.origin}/front`, SessionRequired: true } })
      await app.connect({ issuer: `${server().url}/${poolId}`, clientId, secret })
    }

    /** Signs ana in to all apps by their own pages: the first one asks for the password, the others do not. */
    async function signIn(page: Page, apps: readonly FrontChannelApp[]): Promise<void> {
      for (const [at, { origin }] of apps.entries()) {
        await page.goto(origin)
        await page.getByRole('link', { name: 'Sign in' }).click()
        if (at === 0) {
          await page.getByLabel('Username', { exact: true }).fill('ana')
          await page.getByLabel('Password', { exact: true }).fill(goodPassword)
          await page.getByRole('button', { name: 'Sign in', exact: true }).click()
        }
        await heading(page, 'Welcome')
      }
    }

    for (const javaScriptEnabled of [true, false]) {
      it(`ends the sessions of two apps ${javaScriptEnabled ? 'with' : 'without'} scripts, and goes back to the one that asked`, async () => {
        using one = await openFrontChannelApp()
        using two = await openFrontChannelApp()
        const { poolId } = await givenStrictPool(server())
        for (const app of [one, two]) await connect(app, poolId)
        const context = await browser().newContext({ javaScriptEnabled })
        try {
          const page = await context.newPage()
          await signIn(page, [one, two])
          await page.getByRole('link', { name: 'Sign out' }).click()
          await heading(page, 'Goodbye')
          assert.equal(page.url(), `${two.origin}/bye?state=back`)
          assert.deepEqual([one.framed.length, two.framed.length], [1, 1])
          for (const { origin } of [one, two]) {
            await page.goto(origin)
            await heading(page, 'Signed out')
          }
        } finally {
          await context.close()
        }
      })
    }

    it('goes on when an app hangs', async () => {
      using one = await openFrontChannelApp()
      using hanging = await openFrontChannelApp({ hangs: true })
      const { poolId } = await givenStrictPool(server())
      for (const app of [hanging, one]) await connect(app, poolId)
      const context = await browser().newContext()
      try {
        const page = await context.newPage()
        await signIn(page, [hanging, one])
        await page.getByRole('link', { name: 'Sign out' }).click()
        await heading(page, 'Goodbye')
        assert.deepEqual([one.framed.length, hanging.framed.length], [1, 1])
      } finally {
        await context.close()
      }
    })
  })
}
