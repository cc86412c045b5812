import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ResendConfirmationCodeCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { adminCreate } from '../support/administration.ts'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { signUp } from '../support/self-service.ts'
import { openSmsEndpoint } from '../support/sms-endpoint.ts'
import { useTestServer } from '../support/test-server.ts'

const sms = await openSmsEndpoint()
const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' }

for (const engine of engines.slice(0, 1)) {
  describe('the inbox in a browser', () => {
    const server = useTestServer(engine, { flags: [...sms.flags, '--log-level', 'silent'] })
    const browser = useBrowser()

    const givenPool = (pool: object = {}) => server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], ...pool } })

    /** Opens the page. Any error in its console, such as a violated content policy, fails the test. */
    async function withPage(path: string, work: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
      const context = await browser().newContext({ baseURL: server().url.replace('127.0.0.1', 'localhost'), ...options })
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
      page.on('pageerror', (error) => void complaints.push(error.message))
      try {
        await page.goto(path)
        await work(page)
        assert.deepEqual(complaints, [])
      } finally {
        await context.close()
      }
    }

    it('says what to do while it is empty, and shows a new message without a reload', async () => {
      const { clientId } = await givenPool()
      await withPage('/inbox', async (page) => {
        await page.getByRole('button', { name: 'Empty the inbox' }).click()
        await page.getByText('Nothing has been sent yet.').waitFor()
        assert.match(
          await page.locator('#nothing pre').innerText(),
          /aws cognito-idp admin-create-user --endpoint-url http:\/\/localhost:\d+/,
        )
        await signUp(server(), clientId, 'ana', { email: 'ana@example.test' })
        const message = page.getByRole('article', { name: 'Your verification code' })
        await message.waitFor()
        const [sent] = await server().inbox('ana@example.test')
        assert.equal(await message.locator('.secret code').innerText(), sent?.code)
        assert.equal(await page.getByText('Nothing has been sent yet.').isVisible(), false)
        assert.equal(await page.getByRole('status').innerText(), 'New message to ana@example.test')
      })
    })

    it('copies the code of a message to the clipboard', async () => {
      const { clientId } = await givenPool()
      await signUp(server(), clientId, 'copy', { email: 'copy@example.test' })
      const [sent] = await server().inbox('copy@example.test')
      const permissions = ['clipboard-read', 'clipboard-write']
      const copy = async (page: Page) => {
        await page.getByRole('button', { name: `Copy ${sent?.code}` }).click()
        await page.getByText('Copied', { exact: true }).first().waitFor()
        assert.equal(await page.evaluate('navigator.clipboard.readText()'), sent?.code)
      }
      await withPage('/inbox?recipient=copy@example.test', copy, { permissions })
    })

    it('can be searched for a recipient with the keyboard alone', async () => {
      const { clientId } = await givenPool()
      for (const name of ['eva', 'fay']) await signUp(server(), clientId, name, { email: `${name}@example.test` })
      await withPage('/inbox', async (page) => {
        await page.keyboard.press('/')
        await page.keyboard.type('EVA@')
        await page.keyboard.press('Enter')
        await page.getByText('Messages to EVA@').waitFor()
        assert.deepEqual(await page.locator('.recipient').allInnerTexts(), ['eva@example.test'])
      })
    })

    it('shows a message as HTML, without running its scripts', async () => {
      const EmailMessage = '<h1>Hi {username}</h1><script>top.document.title="gone"</script><b>{####}</b>'
      const { poolId } = await givenPool({ AdminCreateUserConfig: { InviteMessageTemplate: { EmailMessage } } })
      await adminCreate(server(), poolId, 'gus', { attributes: { email: 'gus@example.test' }, DesiredDeliveryMediums: ['EMAIL'] })
      const context = await browser().newContext({ baseURL: server().url.replace('127.0.0.1', 'localhost') })
      const page = await context.newPage()
      await page.goto('/inbox?recipient=gus@example.test')
      await page.getByText('As the recipient sees it').click()
      await page.frameLocator('iframe').getByRole('heading', { name: 'Hi gus' }).waitFor()
      assert.equal(await page.title(), 'Inbox · Lifeguard')
      assert.equal(await page.locator('iframe').getAttribute('sandbox'), 'allow-popups allow-popups-to-escape-sandbox')
      await context.close()
    })

    it('shows a message that was not sent, with the reason, until it is sent', async () => {
      const { poolId, clientId } = await givenPool({ SmsConfiguration })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: { Suppress: ['ResendCode'], MaxPerDay: 2 } })
      sms.answerTo('+15550000021', 503, 200)
      await adminCreate(server(), poolId, 'hal', { attributes: { phone_number: '+15550000021' }, DesiredDeliveryMediums: ['SMS'] })
      for (const name of ['ian', 'joe']) await signUp(server(), clientId, name, { email: `${name}@example.test` })
      await server().send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username: 'ian' }))
      await withPage(`/inbox?userPoolId=${poolId}`, async (page) => {
        await page.getByRole('link', { name: 'Not sent' }).click()
        const shown = page.locator('.message')
        await shown.nth(2).waitFor()
        const lines = (await shown.locator('.line').allInnerTexts()).map((line) => line.replace(/\s+/g, ' ').replace(/ \d+:.*$/, ''))
        assert.deepEqual(lines, ['E-mail Held back ian@example.test', 'E-mail Not sent joe@example.test', 'SMS Waiting +15550000021'])
        assert.equal(await shown.nth(1).locator('.why').innerText(), 'The user pool sends at most 2 messages a day.')
        assert.match(await shown.nth(2).locator('.why').innerText(), /^Tried once\. HTTP 503\. Next attempt /)
        server().clock.advance(60_000)
        await page.getByText('SMS').waitFor({ state: 'detached' })
        assert.equal(sms.acceptedOf(poolId).length, 1)
      })
    })

    it('fits the width of a phone, with controls that are large enough to touch', async () => {
      const { clientId } = await givenPool()
      const long = 'somebody.with.a.rather.long.name@a-rather-long-domain.example.test'
      await signUp(server(), clientId, 'long', { email: long })
      await withPage(
        '/inbox',
        async (page) => {
          await page.getByText(long).waitFor()
          const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
          assert.equal(overflow, 0)
          for (const control of await page.locator('button:visible, input:visible').all()) {
            const { height = 0 } = (await control.boundingBox()) ?? {}
            assert.ok(height >= 24, `${await control.innerText()} is ${height} high`)
          }
          await page.getByRole('searchbox', { name: 'Recipient' }).waitFor()
          await page.getByRole('list', { name: 'Messages, newest first' }).waitFor()
        },
        { viewport: { width: 360, height: 640 }, isMobile: true },
      )
    })
  })
}
