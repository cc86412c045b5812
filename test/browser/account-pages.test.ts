import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { giveAttributes } from '../support/mfa.ts'
import { encode, givenOAuthPool } from '../support/oauth.ts'
import { openApp } from '../support/open-app.ts'
import { codeSentTo } from '../support/self-service.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../support/test-server.ts'

const email = 'ana@example.test'
const newPassword = 'Better-horse-8'

for (const engine of engines.slice(0, 1)) {
  describe('The pages around an account in a browser without scripts', () => {
    const server = useTestServer(engine)
    const browser = useBrowser()

    type Journey = (page: Page, given: { readonly poolId: string }) => Promise<void>

    /** Begins at the app's authorization request, and expects that `journey` ends at the app with a code. */
    async function walk(options: TestPoolOptions, journey: Journey) {
      using app = await openApp((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>'))
      const redirect_uri = `http://localhost:${app.port}/callback`
      const client = { ...options.client, CallbackURLs: [redirect_uri] }
      const given = await givenOAuthPool(server(), { ...options, client })
      const context = await browser().newContext({ javaScriptEnabled: false })
      try {
        const page = await context.newPage()
        const query = encode({ client_id: given.clientId, redirect_uri, response_type: 'code', state: 's' })
        await page.goto(`${server().url}/oauth2/authorize?${query}`)
        await journey(page, given)
        await page.getByRole('heading', { name: 'Welcome' }).waitFor()
        assert.match(page.url(), /\/callback\?code=[\w-]+&state=s$/)
      } finally {
        await context.close()
      }
    }
    const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

    async function signUp(page: Page) {
      await page.getByRole('link', { name: 'Create an account' }).click()
      await page.getByLabel('Username').fill('ana')
      await page.getByLabel('Email address').fill(email)
      await page.getByLabel('Password', { exact: true }).fill(goodPassword)
      await page.getByLabel('Password again').fill(goodPassword)
      await press(page, 'Create account')
    }
    const pool = { AutoVerifiedAttributes: ['email' as const], Schema: [{ Name: 'email', Required: true }] }

    it('lead from the app through sign-up and confirmation back to the app', () =>
      walk({ pool }, async (page, { poolId }) => {
        await signUp(page)
        await press(page, 'Send a new code')
        await page.getByText('We sent a new code.').waitFor()
        await page.reload()
        await page.getByLabel('Code').fill(await codeSentTo(server(), poolId, email))
        await press(page, 'Confirm account')
        await page.getByText('Your account is confirmed').waitFor()
        assert.equal(await page.getByLabel('Username').inputValue(), 'ana')
        await page.getByLabel('Password').fill(goodPassword)
        await press(page, 'Sign in')
      }))

    it('lead straight on to the app where the code signs the user in, also after the back button', () =>
      walk({ pool, client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] } }, async (page, { poolId }) => {
        await signUp(page)
        await page.goBack()
        await page.goForward()
        await page.getByLabel('Code').fill(await codeSentTo(server(), poolId, email))
        await press(page, 'Confirm account')
      }))

    it('lead from the app through a forgotten password back to the app', () =>
      walk({}, async (page, { poolId }) => {
        await givenUser(server(), poolId, 'ana')
        await giveAttributes(server(), poolId, 'ana', { email, email_verified: 'true' })
        await page.getByRole('link', { name: 'Forgot your password?' }).click()
        await page.getByLabel('Username').fill('ana')
        await press(page, 'Send code')
        await page.getByLabel('Code').fill(await codeSentTo(server(), poolId, email))
        await page.getByLabel('New password').fill(newPassword)
        await page.getByLabel('Password again').fill(newPassword)
        await press(page, 'Set new password')
        await page.getByText('Your password was changed').waitFor()
        await page.getByLabel('Password').fill(newPassword)
        await press(page, 'Sign in')
      }))
  })
}
