import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { encode, givenOAuthPool } from '../support/oauth.ts'
import { openApp } from '../support/open-app.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

for (const engine of engines.slice(0, 1)) {
  describe('The sign-in page in a browser', () => {
    const server = useTestServer(engine)
    const browser = useBrowser()

    it('leads back to the app, and from there to another address of the app, without a referrer', async () => {
      const referrers: (string | undefined)[] = []
      using front = await openApp((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>'))
      using app = await openApp(({ url = '', headers }, response) => {
        referrers.push(headers.referer)
        response.writeHead(302, { location: `http://127.0.0.1.localhost:${front.port}/home${url.replace('/callback', '')}` }).end()
      })
      const redirect_uri = `http://localhost:${app.port}/callback`
      const { poolId, clientId } = await givenOAuthPool(server(), { client: { CallbackURLs: [redirect_uri] } })
      await givenUser(server(), poolId, 'ana')
      const context = await browser().newContext()
      try {
        const page = await context.newPage()
        const query = encode({ client_id: clientId, redirect_uri, response_type: 'code', state: 's' })
        await page.goto(`${server().url}/oauth2/authorize?${query}`)
        await page.getByLabel('Username').fill('ana')
        await page.getByLabel('Password').fill('Wrong-horse-7')
        await page.getByRole('button', { name: 'Sign in' }).click()
        assert.equal(await page.getByRole('alert').innerText(), 'Incorrect username or password.')
        assert.equal(await page.getByLabel('Username').inputValue(), 'ana')
        await page.getByLabel('Password').fill(goodPassword)
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.getByRole('heading', { name: 'Welcome' }).waitFor()
        assert.match(page.url(), /\/home\?code=[\w-]+&state=s$/)
        await page.goto(`${server().url}/oauth2/authorize?${query}&prompt=none`)
        assert.match(page.url(), /\/home\?code=[\w-]+&state=s$/)
        assert.deepEqual(referrers, [undefined, undefined])
      } finally {
        await context.close()
      }
    })
  })
}
