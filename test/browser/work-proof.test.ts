import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { encode } from '../support/oauth.ts'
import { openApp } from '../support/open-app.ts'
import { checkLooks, useLooks } from '../support/page-looks.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { attack, givenPagesPool, namesOf } from '../support/stuffing.ts'
import { useTestServer } from '../support/test-server.ts'

const welcome = (page: Page) => page.getByRole('heading', { name: 'Welcome' }).waitFor()

async function signIn(page: Page, password = goodPassword) {
  await page.getByLabel('Username').fill('ana')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

for (const engine of engines) {
  describe(`A browser in a slowed network on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const browser = useBrowser()
    const withPage = useLooks()

    /** An app with a pool, in which the address of the browser may make no further attempts. */
    async function givenSlowed() {
      const app = await openApp((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>'))
      const redirect_uri = `http://localhost:${app.port}/callback`
      const ids = await givenPagesPool(server(), { CallbackURLs: [redirect_uri] })
      await givenUser(server(), ids.poolId, 'ana')
      await attack(server(), ids, '127.0.0.1', namesOf(16))
      return { app, login: `${server().url}/login?${encode({ client_id: ids.clientId, redirect_uri, response_type: 'code', state: 's' })}` }
    }

    it('solves the task of the page, and the user signs in, also after a wrong password', async () => {
      const { app, login } = await givenSlowed()
      using _ = app
      const context = await browser().newContext()
      const page = await context.newPage()
      await page.goto(login)
      await signIn(page, 'Wrong-horse-7')
      assert.equal(await page.getByRole('alert').innerText(), 'Incorrect username or password.')
      await signIn(page)
      await welcome(page)
      await context.close()
    })

    it('says that it calculates while the form waits, and sends nothing meanwhile', async () => {
      const { app, login } = await givenSlowed()
      using _ = app
      await withPage(async (page) => {
        const sent: string[] = []
        page.on('request', (request) => void (request.method() === 'POST' && sent.push(request.url())))
        // The task is made too hard to be solved before the user sends the form.
        await page.route('**/login?*', async (route) => {
          const response = await route.fetch()
          await route.fulfill({ response, body: (await response.text()).replace(/data-bits="\d+"/, 'data-bits="32"') })
        })
        await page.goto(login)
        await signIn(page)
        await page.getByText('Your browser does a short calculation first.').waitFor()
        await page.getByRole('button', { name: 'Sign in', exact: true }).click()
        await checkLooks(page, 'work-waiting')
        assert.deepEqual(sent, [])
      })
    })

    it('tells a user without JavaScript what to do', async () => {
      const { app, login } = await givenSlowed()
      using _ = app
      await withPage(
        async (page) => {
          await page.goto(login)
          // Playwright finds no text in `noscript`.
          assert.match(await page.locator('noscript .alert').innerText(), /Turn on JavaScript and load this page again, or wait a minute/)
          await signIn(page)
          assert.equal(await page.getByRole('alert').innerText(), 'Too many attempts. Please wait a while and try again.')
          server().clock.advance(60_000)
          await signIn(page)
          await welcome(page)
        },
        { javaScriptEnabled: false },
      )
    })
  })
}
