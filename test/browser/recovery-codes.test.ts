import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { engines } from '../support/engines.ts'
import { giveAttributes, prefer, setMfa } from '../support/mfa.ts'
import { encode, givenOAuthPool } from '../support/oauth.ts'
import { openApp } from '../support/open-app.ts'
import { checkLooks, useLooks } from '../support/page-looks.ts'
import { givenCodes, setRecoveryCodes, statusOf } from '../support/recovery-codes.ts'
import { goodPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

for (const engine of engines.slice(0, 1)) {
  describe('Recovery codes in a browser', () => {
    const server = useTestServer(engine)
    const withPage = useLooks()

    const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

    async function signIn(page: Page, clientId: string, redirect_uri: string) {
      await page.goto(`${server().url}/login?${encode({ client_id: clientId, redirect_uri, response_type: 'code' })}`)
      await page.getByLabel('Username').fill('ana')
      await page.getByLabel('Password').fill(goodPassword)
      await press(page, 'Sign in')
    }

    it('sign in from both pages of the second factor, with the keyboard too, and the pages have no faults', async () => {
      using app = await openApp((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>'))
      const redirect_uri = `http://localhost:${app.port}/callback`
      const client = { CallbackURLs: [redirect_uri], ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
      const ids = await givenOAuthPool(server(), { client })
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp', 'sms'])
      await setRecoveryCodes(server(), ids.poolId, true)
      const { codes } = await givenCodes(server(), ids)
      await withPage(async (page, context) => {
        await signIn(page, ids.clientId, redirect_uri)
        await page.getByText('Use a recovery code').waitFor()
        await checkLooks(page, 'code-with-recovery')
        await press(page, 'Use a recovery code')
        await checkLooks(page, 'recovery-code')
        await press(page, 'Use another method')
        await page.getByText('Open your authenticator app').waitFor()
        await press(page, 'Use a recovery code')
        await page.getByLabel('Recovery code').fill('00000-00000')
        await press(page, 'Verify')
        assert.equal(await page.getByRole('alert').innerText(), 'The code is not right. Check it and try again.')
        await checkLooks(page, 'recovery-code-wrong')
        // Enter sends the code: the first button of the form is the one that verifies it.
        await page.getByLabel('Recovery code').fill(codes[0] ?? '')
        await page.keyboard.press('Enter')
        await page.getByRole('heading', { name: 'Welcome' }).waitFor()
        assert.equal((await statusOf(server(), ids.poolId)).Remaining, 9)

        await context.clearCookies()
        await giveAttributes(server(), ids.poolId, 'ana', { phone_number: '+12025550199' })
        await prefer(server(), ids.poolId, 'ana', { SMSMfaSettings: { Enabled: true } })
        await signIn(page, ids.clientId, redirect_uri)
        await page.getByRole('heading', { name: 'Choose how to verify it is you' }).waitFor()
        await checkLooks(page, 'choose-second-factor-with-recovery')
        await press(page, 'Use a recovery code')
        await page.getByLabel('Recovery code').fill(codes[1] ?? '')
        await press(page, 'Verify')
        await page.getByRole('heading', { name: 'Welcome' }).waitFor()
      })
    })

    it('have pages in the language of the browser', async () => {
      const redirect_uri = 'http://localhost:1/callback'
      const client = { CallbackURLs: [redirect_uri], ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
      const ids = await givenOAuthPool(server(), { client })
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      await setRecoveryCodes(server(), ids.poolId, true)
      await givenCodes(server(), ids)
      const german = async (page: Page) => {
        await page.goto(`${server().url}/login?${encode({ client_id: ids.clientId, redirect_uri, response_type: 'code' })}`)
        await page.getByLabel('Benutzername').fill('ana')
        await page.getByLabel('Passwort', { exact: true }).fill(goodPassword)
        await press(page, 'Anmelden')
        await press(page, 'Wiederherstellungscode verwenden')
        await page.getByRole('heading', { name: 'Wiederherstellungscode eingeben' }).waitFor()
        await checkLooks(page, 'recovery-code-german')
      }
      await withPage(german, { locale: 'de-DE' })
    })
  })
}
