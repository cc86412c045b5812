import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { openApp } from '../support/open-app.ts'
import { goodPassword } from '../support/sign-in.ts'
import { givenStrictPool } from '../support/strict.ts'
import { useTestServer } from '../support/test-server.ts'

for (const engine of engines.slice(0, 1)) {
  describe('An authorization request in a form of another site', () => {
    const server = useTestServer(engine)
    const browser = useBrowser()

    it('finds the user signed in, as the same request in an address does', async () => {
      const action = `${server().url}/oauth2/authorize`
      using app = await openApp(({ url = '' }, response) => {
        response.setHeader('content-type', 'text/html').end(url.startsWith('/callback') ? '<h1>Welcome</h1>' : formOf(request, action))
      })
      const redirect_uri = `http://localhost:${app.port}/callback`
      const { clientId } = await givenStrictPool(server(), { client: { CallbackURLs: [redirect_uri] } })
      const request = { client_id: clientId, redirect_uri, response_type: 'code', scope: 'openid', state: 'ä &' }
      const context = await browser().newContext()
      try {
        const page = await context.newPage()
        // Two host names are two sites for the browser.
        assert.equal(new URL(action).hostname, 'localhost')
        const site = `http://127.0.0.1:${app.port}/`
        await page.goto(site)
        await page.getByRole('button', { name: 'Go', exact: true }).click()
        await page.getByLabel('Username').fill('ana')
        await page.getByLabel('Password').fill(goodPassword)
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.getByRole('heading', { name: 'Welcome' }).waitFor()
        for (const name of ['Go', 'Go silently']) {
          await page.goto(site)
          await page.getByRole('button', { name, exact: true }).click()
          await page.getByRole('heading', { name: 'Welcome' }).waitFor()
          const { searchParams } = new URL(page.url())
          assert.deepEqual([searchParams.get('error'), searchParams.get('state')], [null, request.state], name)
          assert.match(searchParams.get('code') ?? '', /^[\w-]+$/)
        }
      } finally {
        await context.close()
      }
    })
  })
}

function formOf(request: Readonly<Record<string, string>>, action: string): string {
  const fields = Object.entries(request).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value.replace('&', '&amp;')}">`,
  )
  const silently = '<button name="prompt" value="none">Go silently</button>'
  return `<!doctype html><meta charset="utf-8"><form method="post" action="${action}">${fields.join('')}<button>Go</button>${silently}</form>`
}
