import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { accountAt, givenFullAccount } from '../support/account-page.ts'
import { useAppPage } from '../support/app-page.ts'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { goodPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

for (const engine of engines.slice(0, 1)) {
  describe('The account page in Chromium', () => {
    const server = useTestServer(engine)
    const browser = useBrowser()
    const openPage = useAppPage('')
    const at = (clientId: string, section = '') => `${server().url.replace('127.0.0.1', 'localhost')}${accountAt(clientId, section)}`

    it('needs no JavaScript and no mouse', async () => {
      const { clientId } = await givenFullAccount(server())
      const context = await browser().newContext({ javaScriptEnabled: false, acceptDownloads: true })
      try {
        const page = await context.newPage()
        await page.goto(at(clientId, 'profile'))
        await page.getByLabel('Username').fill('ana')
        await page.getByLabel('Password').fill(goodPassword)
        await page.keyboard.press('Enter')
        await page.getByRole('heading', { name: 'Personal data' }).waitFor()
        await page.getByLabel('Full name').fill('Ana L.')
        await page.keyboard.press('Enter')
        await page.getByText('Your changes were saved.').waitFor()
        await page.getByRole('link', { name: 'Your account' }).press('Enter')
        await page.getByRole('link', { name: 'Where you are signed in' }).press('Enter')
        await page.getByRole('heading', { name: 'This browser' }).waitFor()
        await page.goto(at(clientId, 'data'))
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('button', { name: 'Download your data' }).press('Enter'),
        ])
        assert.equal(download.suggestedFilename(), 'account-data.json')
        const data = JSON.parse(await readFile(await download.path(), 'utf8')) as { user: { attributes: Record<string, string> } }
        assert.equal(data.user.attributes['name'], 'Ana L.')
        await page.goto(at(clientId, 'sessions'))
        await page.getByRole('button', { name: 'Sign out here' }).press('Enter')
        await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
      } finally {
        await context.close()
      }
    })

    it('adds a passkey, with which the user then signs in, and removes it', async () => {
      const { clientId } = await givenFullAccount(server(), { client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] } })
      const { context, page } = await openPage()
      try {
        await page.goto(at(clientId, 'passkeys'))
        await page.getByLabel('Username').fill('ana')
        await page.getByRole('button', { name: 'Continue' }).click()
        await page.getByLabel('Password').fill(goodPassword)
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.getByText('You have no passkeys.').waitFor()
        await page.getByRole('button', { name: 'Create a passkey' }).click()
        await page.getByText('Your changes were saved.').waitFor()
        await context.clearCookies()
        // The authenticator answers the offer of the sign-in page at once.
        await page.goto(at(clientId, 'passkeys'))
        await page.getByRole('heading', { name: 'Passkeys' }).waitFor()
        await page.getByRole('button', { name: /^Remove/ }).click()
        await page.getByText('You have no passkeys.').waitFor()
      } finally {
        await context.close()
      }
    })
  })
}
