import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { accountAt, anaEmail, givenAccountPool, givenFullAccount } from '../support/account-page.ts'
import { engines } from '../support/engines.ts'
import { appOf } from '../support/mfa.ts'
import { checkLooks, useLooks } from '../support/page-looks.ts'
import { givenTokens, goodPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

for (const engine of engines.slice(0, 1)) {
  describe('The account page looks right and has no faults that axe finds', () => {
    const server = useTestServer(engine)
    const withPage = useLooks()
    const press = (page: Page, name: string | RegExp) =>
      page
        .getByRole('button', { name, exact: typeof name === 'string' })
        .first()
        .click()
    const at = (clientId: string, section = '') => `${server().url.replace('127.0.0.1', 'localhost')}${accountAt(clientId, section)}`

    async function signIn(page: Page, clientId: string) {
      await page.goto(at(clientId))
      await page.getByLabel('Username').fill('ana')
      await page.getByLabel('Password').fill(goodPassword)
      await press(page, 'Sign in')
      await page.getByRole('heading', { name: 'Your account' }).waitFor()
    }

    it('in all its sections', async () => {
      const { clientId } = await givenFullAccount(server())
      await givenTokens(server(), clientId, 'ana')
      await withPage(async (page) => {
        await signIn(page, clientId)
        await checkLooks(page, 'account')
        await page.getByRole('link', { name: 'Personal data' }).click()
        await checkLooks(page, 'account-profile')
        await page.getByLabel('Full name').fill('Ana L.')
        await press(page, 'Save')
        await page.getByRole('status').waitFor()
        await checkLooks(page, 'account-profile-saved')
        await page.getByLabel('Email address').fill('ana@new.test')
        await page
          .getByRole('region')
          .or(page.locator('section'))
          .filter({ hasText: 'Email address' })
          .getByRole('button', { name: 'Save' })
          .click()
        await page.getByLabel('Code').waitFor()
        await checkLooks(page, 'account-profile-code')
        for (const section of ['password', 'factors', 'passkeys', 'devices', 'sessions', 'links', 'history', 'data', 'delete']) {
          await page.goto(at(clientId, section))
          await checkLooks(page, `account-${section}`)
        }
      })
    })

    it('with mistakes, steps and an old sign-in', async () => {
      const { clientId } = await givenFullAccount(server())
      await withPage(async (page, context) => {
        await signIn(page, clientId)
        await page.goto(at(clientId, 'password'))
        await page.getByLabel('Current password').fill('wrong')
        await page.getByLabel('New password').fill(goodPassword)
        await page.getByLabel('Password again').fill(goodPassword)
        await press(page, 'Save')
        await page.getByText('The current password is not right.').waitFor()
        await checkLooks(page, 'account-password-wrong')
        await page.goto(at(clientId, 'delete'))
        await press(page, 'Delete my account')
        await page.getByRole('alert').waitFor()
        await checkLooks(page, 'account-delete-unconfirmed')
        await page.goto(at(clientId, 'factors'))
        await press(page, /^Set up an app/)
        await page.getByRole('heading', { name: 'Set up your authenticator app' }).waitFor()
        await checkLooks(page, 'account-app')
        await page.getByLabel('Code').fill('123456')
        await press(page, 'Verify')
        await page.getByRole('alert').waitFor()
        await checkLooks(page, 'account-app-wrong')
        const secret = (await page.locator('code.key').innerText()).replaceAll(' ', '')
        await page.getByLabel('Code').fill(appOf(server(), secret).code())
        await page.getByLabel('Name of this device').fill('My phone')
        await press(page, 'Verify')
        await page.getByRole('status').waitFor()
        await checkLooks(page, 'account-factors-stale')
        server().clock.advance(700_000)
        await page.goto(at(clientId, 'history'))
        await checkLooks(page, 'account-history-stale')
        await page.getByRole('link', { name: 'Sign in again' }).click()
        assert.equal(await page.getByLabel('Username').inputValue(), 'ana')
        await checkLooks(page, 'account-sign-in-again')
        void context
      })
    })

    it('when the account is gone, and in a language that is written from left to right with long words', async () => {
      const { clientId } = await givenAccountPool(server(), {}, { email: anaEmail })
      await withPage(
        async (page) => {
          await page.goto(at(clientId, 'profile'))
          await page.getByLabel('Benutzername').fill('ana')
          await page.getByLabel('Passwort').fill(goodPassword)
          await press(page, 'Anmelden')
          await page.getByRole('heading', { name: 'Persönliche Daten' }).waitFor()
          await checkLooks(page, 'account-profile-german')
          await page.goto(at(clientId, 'delete'))
          await page.getByLabel('Ja, mein Konto löschen.').check()
          await press(page, 'Mein Konto löschen')
          await page.getByRole('heading', { name: 'Ihr Konto wurde gelöscht' }).waitFor()
          await checkLooks(page, 'account-deleted')
        },
        { locale: 'de-DE' },
      )
    })
  })
}
