import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { encode } from '../support/oauth.ts'
import { openApp } from '../support/open-app.ts'
import { givenLinkPool, linkSentTo } from '../support/sign-in-links.ts'
import { useTestServer } from '../support/test-server.ts'

for (const engine of engines.slice(0, 1)) {
  describe('A sign-in by a link in browsers without scripts', () => {
    const server = useTestServer(engine)
    const browser = useBrowser()

    const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
    const newPage = async () => (await browser().newContext({ javaScriptEnabled: false })).newPage()
    const welcome = (page: Page) => page.getByRole('heading', { name: 'Welcome' }).waitFor()

    /** Asks for a link on the sign-in page, in a browser of its own. */
    async function askForLink(redirect_uri: string) {
      const { poolId, clientId } = await givenLinkPool(server(), { client: { CallbackURLs: [redirect_uri] } })
      const address = `${server().url}/oauth2/authorize?${encode({ client_id: clientId, redirect_uri, response_type: 'code', state: 's' })}`
      const page = await newPage()
      await page.goto(address)
      await page.getByLabel('Username').fill('ana')
      await press(page, 'Email me a link')
      await page.getByRole('heading', { name: 'Check your email' }).waitFor()
      return { page, address, link: server().url + (await linkSentTo(server(), poolId)) }
    }
    const openWelcome = () => openApp((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>'))

    it('leads to the app at once from a tab of the browser that asked, and from the waiting tab as well', async () => {
      using app = await openWelcome()
      const { page, link } = await askForLink(`http://localhost:${app.port}/callback`)
      // The user opens the link in a page of another site, as in a mail program on the web.
      const mail = await page.context().newPage()
      await mail.goto(`http://localhost:${app.port}/`)
      await mail.setContent(`<a href="${link.replaceAll('&', '&amp;')}">Sign in</a>`)
      await mail.getByRole('link', { name: 'Sign in' }).click()
      await welcome(mail)
      assert.match(mail.url(), /\/callback\?code=[\w-]+&state=s$/)
      await press(page, 'Send a new link')
      await welcome(page)
      await page.context().close()
    })

    it('asks in another browser, which is signed in after a click, and leaves the first browser waiting', async () => {
      using app = await openWelcome()
      const { page, address, link } = await askForLink(`http://localhost:${app.port}/callback`)
      const other = await newPage()
      await other.goto(link)
      await other.getByRole('heading', { name: 'Sign in as ana?' }).waitFor()
      await press(other, 'Sign in')
      await welcome(other)
      await page.reload()
      await page.getByRole('heading', { name: 'Check your email' }).waitFor()
      await page.goto(address)
      await page.getByRole('button', { name: 'Email me a link' }).waitFor()
      await other.goto(link)
      await other.getByRole('heading', { name: 'This link is not valid' }).waitFor()
      await other.getByRole('link', { name: 'Sign in' }).click()
      await welcome(other)
      for (const one of [page, other]) await one.context().close()
    })
  })
}
