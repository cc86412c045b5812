import { describe, it } from 'node:test'
import { UpdateUserAttributesCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { Page } from 'playwright-core'
import { engines } from '../support/engines.ts'
import { anaEmail, givenRiskyPool, noticeTo } from '../support/notices.ts'
import { checkLooks, useLooks } from '../support/page-looks.ts'
import { codeSentTo } from '../support/self-service.ts'
import { givenTokens, givenUser } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

for (const engine of engines.slice(0, 1)) {
  describe('The pages of the links in notices look right and have no faults that axe finds', () => {
    const server = useTestServer(engine)
    const withPage = useLooks()
    const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
    const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor()

    /** A user whose email address was changed, and the link of the notice about it. */
    async function givenChangedAddress() {
      const settings = { AccountNotices: ['EMAIL'], Thresholds: { Low: 900, Medium: 900, High: 1000 } }
      const { poolId, clientId } = await givenRiskyPool(server(), { settings, pool: { AliasAttributes: ['email'] } })
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      const UserAttributes = [{ Name: 'email', Value: 'eve@evil.test' }]
      await server().send(new UpdateUserAttributesCommand({ AccessToken: accessToken, UserAttributes }))
      const [link = ''] = (await noticeTo(server(), poolId)).links
      return { poolId, link }
    }

    it('ask whether a sign-in was the user’s, and lead to a new password', async () => {
      const { poolId, clientId } = await givenRiskyPool(server(), { settings: { InvalidFeedback: 'SIGN_OUT_AND_RESET' } })
      await givenTokens(server(), clientId, 'ana')
      const [valid = '', invalid = ''] = (await noticeTo(server(), poolId)).links
      await withPage(async (page) => {
        await page.goto(server().url + valid)
        await heading(page, 'Was this you?')
        await checkLooks(page, 'feedback')
        await press(page, 'Yes, this was me')
        await heading(page, 'Thank you')
        await checkLooks(page, 'feedback-valid')
        await page.goto(server().url + invalid)
        await press(page, 'No, this was not me')
        await page.getByText('your password no longer works').waitFor()
        await checkLooks(page, 'feedback-invalid')
        await page.getByRole('link', { name: 'Set a new password' }).click()
        await heading(page, 'Reset your password')
        await page.getByLabel('Username').fill('ana')
        await press(page, 'Send code')
        await heading(page, 'Set a new password')
        await page.getByLabel('Code', { exact: true }).fill(await codeSentTo(server(), poolId, anaEmail))
        await page.getByLabel('New password', { exact: true }).fill('Another-horse-8')
        await page.getByLabel('Password again').fill('Another-horse-8')
        await press(page, 'Set new password')
        await page.getByText('Your password was changed').waitFor()
        await page.goto(`${server().url}/feedback?token=x`)
        await heading(page, 'This link is not valid')
        await checkLooks(page, 'notice-link-invalid')
      })
      await givenTokens(server(), clientId, 'ana', 'Another-horse-8')
    })

    it('give an old email address back', async () => {
      const { link } = await givenChangedAddress()
      await withPage(async (page) => {
        await page.goto(server().url + link)
        await heading(page, 'Undo the change of your email address?')
        await checkLooks(page, 'undo')
        await press(page, 'Undo the change')
        await heading(page, 'Your email address is back')
        await checkLooks(page, 'undone')
        await page.getByRole('link', { name: 'Set a new password' }).waitFor()
      })
    })

    it('say that another account has the old email address', async () => {
      const { poolId, link } = await givenChangedAddress()
      const attributes = [
        { Name: 'email', Value: anaEmail },
        { Name: 'email_verified', Value: 'true' },
      ]
      await givenUser(server(), poolId, 'bob', { attributes })
      await withPage(async (page) => {
        await page.goto(server().url + link)
        await press(page, 'Undo the change')
        await heading(page, 'The change was not undone')
        await checkLooks(page, 'undo-taken')
      })
    })
  })
}
