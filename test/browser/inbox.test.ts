import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ResendConfirmationCodeCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { Page } from 'playwright-core'
import { adminCreate, adminGet } from '../support/administration.ts'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { phone, textContrasts, withInboxPage } from '../support/inbox-page.ts'
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
    const withPage = (path: string, work: (page: Page) => Promise<void>, options?: object) =>
      withInboxPage(browser(), server(), path, work, options)

    const givenPool = (pool: object = {}) => server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], ...pool } })

    /** A pool whose users have got one e-mail each, at `name@example.test`. `path` is the inbox page with only this pool's messages. */
    async function givenMessages(...names: string[]) {
      const { poolId, clientId } = await givenPool({ PoolName: 'Shop' })
      for (const name of names) await signUp(server(), clientId, name, { email: `${name}@example.test` })
      return { poolId, clientId, path: `/inbox?userPoolId=${poolId}` }
    }

    const recipients = (page: Page) => page.locator('.recipient').allInnerTexts()
    const opened = (page: Page) => page.locator('#detail dd').first().innerText()
    const current = (page: Page) => page.locator('.row[aria-current] .recipient').innerText()
    const focused = (page: Page) => page.evaluate<string>('document.activeElement.innerText.split("\\n")[0]')
    const counts = async (page: Page) => (await page.locator('.tabs a').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '))

    it('says what to do while it is empty, and shows a new message without a reload', async () => {
      const { clientId } = await givenPool()
      await withPage('/inbox', async (page) => {
        await page.getByRole('button', { name: 'Empty the inbox' }).click()
        await page.getByRole('button', { name: 'Delete all messages' }).click()
        await page.getByText('The messages were deleted').waitFor({ state: 'attached' })
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

    it('empties only after a confirmation, and gives the focus back', async () => {
      const { path } = await givenMessages('keep')
      await withPage(path, async (page) => {
        const dialog = page.getByRole('dialog', { name: 'Empty the inbox?' })
        const button = page.getByRole('button', { name: 'Empty the inbox' })
        for (const cancel of ['Escape', 'Enter']) {
          await button.focus()
          await page.keyboard.press('Enter')
          await dialog.waitFor()
          assert.equal(await focused(page), 'Cancel')
          await page.keyboard.press(cancel)
          await dialog.waitFor({ state: 'hidden' })
          assert.equal(await focused(page), 'Empty the inbox')
        }
        assert.equal((await server().inbox('keep@example.test')).length, 1)
        await page.keyboard.press('Enter')
        await page.keyboard.press('Tab')
        assert.equal(await focused(page), 'Delete all messages')
        await page.keyboard.press('Enter')
        await page.getByText('The messages were deleted').waitFor({ state: 'attached' })
        assert.deepEqual(await counts(page), ['All 0', 'E-mail 0', 'SMS 0', 'Not sent 0'])
        assert.equal(await focused(page), 'Empty the inbox')
        assert.deepEqual(await server().inbox(), [])
      })
    })

    it('copies the code of a message to the clipboard', async () => {
      const { path } = await givenMessages('copy')
      const [sent] = await server().inbox('copy@example.test')
      const copy = async (page: Page) => {
        await page.getByRole('button', { name: `Copy ${sent?.code}` }).click()
        await page.getByText('Copied', { exact: true }).first().waitFor()
        assert.equal(await page.evaluate('navigator.clipboard.readText()'), sent?.code)
      }
      await withPage(path, copy, { permissions: ['clipboard-read', 'clipboard-write'] })
    })

    it('filters while the user types, and keeps the filter over a reload', async () => {
      const { path } = await givenMessages('eva', 'fay')
      await withPage(path, async (page) => {
        assert.deepEqual(await counts(page), ['All 2', 'E-mail 2', 'SMS 0', 'Not sent 0'])
        await page.keyboard.press('/')
        await page.keyboard.type('EVA@ code')
        await page.locator('.row', { hasText: 'fay@' }).waitFor({ state: 'detached' })
        const isFiltered = async () => {
          assert.deepEqual(await recipients(page), ['eva@example.test'])
          assert.deepEqual(await counts(page), ['All 1', 'E-mail 1', 'SMS 0', 'Not sent 0'])
          assert.equal(await page.getByRole('searchbox', { name: 'Filter messages' }).inputValue(), 'EVA@ code')
        }
        await page.getByText('1 message', { exact: true }).waitFor({ state: 'attached' })
        await isFiltered()
        await page.reload()
        await isFiltered()
        await page.getByRole('searchbox').fill('')
        await page.locator('.row', { hasText: 'fay@' }).waitFor()
        assert.equal(new URL(page.url()).search, new URL(path, page.url()).search)
      })
    })

    it('shows the messages of the chosen tab, and the number of messages of each tab', async () => {
      const { poolId, path } = await givenMessages('tab')
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: { MaxPerDay: 1 } })
      for (const name of ['una', 'vic'])
        await adminCreate(server(), poolId, name, { attributes: { email: `${name}@example.test` }, DesiredDeliveryMediums: ['EMAIL'] })
      await withPage(path, async (page) => {
        assert.deepEqual(await counts(page), ['All 3', 'E-mail 3', 'SMS 0', 'Not sent 1'])
        await page.getByRole('link', { name: 'SMS' }).click()
        await page.getByText('No message matches.').waitFor()
        await page.getByRole('link', { name: 'Not sent' }).click()
        await page.locator('.row').waitFor()
        assert.deepEqual(await recipients(page), ['vic@example.test'])
        await page.goBack()
        await page.getByText('No message matches.').waitFor()
        await page.getByRole('link', { name: 'Show all' }).click()
        await page.locator('.row').first().waitFor()
        assert.equal(new URL(page.url()).search, '')
      })
    })

    it('shows the name and the id of the message’s pool, with a link to the messages of that pool', async () => {
      const { poolId } = await givenMessages('pool')
      await withPage('/inbox?q=pool@example.test', async (page) => {
        assert.equal(await page.locator('#detail dd').nth(2).innerText(), `Shop ${poolId}`)
        assert.equal(await page.locator('.pool').innerText(), 'Shop')
        await page.locator('#detail').getByRole('link', { name: 'Shop' }).click()
        await page.getByText(`Messages of pool Shop ${poolId}`).waitFor()
      })
    })

    it('opens a confirmation link in a new tab', async () => {
      const VerificationMessageTemplate = { DefaultEmailOption: 'CONFIRM_WITH_LINK' }
      const { poolId, clientId } = await givenPool({ VerificationMessageTemplate })
      await signUp(server(), clientId, 'lia', { email: 'lia@example.test' })
      await withPage(`/inbox?userPoolId=${poolId}`, async (page) => {
        const tab = page.context().waitForEvent('page')
        await page.getByRole('link', { name: /^Open .*\/confirmUser$/ }).click()
        await (await tab).waitForLoadState()
        assert.equal((await adminGet(server(), poolId, 'lia')).UserStatus, 'CONFIRMED')
      })
    })

    it('opens the message that the arrow keys reach in the list, and shows the message to the right of the list', async () => {
      const { path } = await givenMessages('amy', 'ben', 'cat')
      await withPage(path, async (page) => {
        assert.equal(await opened(page), 'cat@example.test')
        const press = async (key: string, name: string) => {
          await page.keyboard.press(key)
          await page.locator('#detail dd', { hasText: `${name}@example.test` }).waitFor()
          assert.deepEqual([await focused(page), await current(page)], [`${name}@example.test`, `${name}@example.test`])
        }
        await press('ArrowDown', 'ben')
        await press('ArrowDown', 'amy')
        await press('ArrowDown', 'amy')
        await press('Home', 'cat')
        await press('End', 'amy')
        await press('ArrowUp', 'ben')
        await page.reload()
        assert.equal(await opened(page), 'ben@example.test')
        const boxes = await Promise.all(['.list', '#detail'].map((part) => page.locator(part).boundingBox()))
        assert.ok((boxes[0]?.x ?? 0) + (boxes[0]?.width ?? 0) <= (boxes[1]?.x ?? 0), 'beside each other')
      })
    })

    it('keeps the focused row at its place, and its message open, when new messages arrive', async () => {
      const names = Array.from({ length: 30 }, (_, at) => `n${at}`)
      const { clientId, path } = await givenMessages(...names)
      await withPage(path, async (page) => {
        const row = page.locator('.row', { hasText: 'n5@example.test' })
        await row.click()
        await page.locator('#detail dd', { hasText: 'n5@example.test' }).waitFor()
        const before = await row.boundingBox()
        for (const name of ['x', 'y']) await signUp(server(), clientId, name, { email: `${name}@example.test` })
        await page.getByRole('link', { name: 'All 32' }).waitFor()
        assert.deepEqual(await row.boundingBox(), before)
        assert.deepEqual([await focused(page), await opened(page)], ['n5@example.test', 'n5@example.test'])
        assert.deepEqual((await recipients(page)).slice(0, 3), ['y@example.test', 'x@example.test', 'n29@example.test'])
      })
    })

    it('keeps a message open while the pointer is on its code, although a newer message arrives', async () => {
      const { clientId, path } = await givenMessages('first')
      await withPage(path, async (page) => {
        await page.locator('#detail .secret').hover()
        await signUp(server(), clientId, 'second', { email: 'second@example.test' })
        await page.getByRole('link', { name: 'All 2' }).waitFor()
        assert.deepEqual([await opened(page), await current(page)], ['first@example.test', 'first@example.test'])
      })
    })

    it('shows a message that was not sent, with the reason, until it is sent', async () => {
      const { poolId, clientId } = await givenPool({ SmsConfiguration })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: { Suppress: ['ResendCode'], MaxPerDay: 2 } })
      sms.answerTo('+15550000021', 503, 200)
      await adminCreate(server(), poolId, 'hal', { attributes: { phone_number: '+15550000021' }, DesiredDeliveryMediums: ['SMS'] })
      for (const name of ['ian', 'joe']) await signUp(server(), clientId, name, { email: `${name}@example.test` })
      await server().send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username: 'ian' }))
      await withPage(`/inbox?userPoolId=${poolId}&state=unsent`, async (page) => {
        const reasons: string[][] = []
        for (const row of await page.locator('.row').all()) {
          const recipient = await row.locator('.recipient').innerText()
          await row.click()
          await page.locator('#detail dd', { hasText: recipient }).waitFor()
          const tags = await row.locator('.tag').allInnerTexts()
          reasons.push([recipient, ...tags, (await page.locator('#detail .why').innerText()).replace(/attempt .*/, 'attempt')])
        }
        const suppressed = 'The message was not sent because the pool or a trigger function suppressed it. Its code is valid.'
        assert.deepEqual(reasons, [
          ['ian@example.test', 'E-mail', 'Held back', suppressed],
          ['joe@example.test', 'E-mail', 'Not sent', 'The user pool sends at most 2 messages a day.'],
          ['+15550000021', 'SMS', 'Waiting', 'Tried once. HTTP 503. Next attempt'],
        ])
        server().clock.advance(60_000)
        await page.locator('.row', { hasText: '+15550000021' }).waitFor({ state: 'detached' })
        assert.equal(sms.acceptedOf(poolId).length, 1)
      })
    })

    it('opens a message and leads back to the list on a phone', async () => {
      const { path } = await givenMessages('kim', 'lee')
      const walk = async (page: Page) => {
        const list = page.getByRole('list', { name: 'Messages, newest first' })
        assert.equal(await page.locator('#detail').isVisible(), false)
        await page.locator('.row', { hasText: 'kim@' }).click()
        await page.getByRole('article', { name: 'Your verification code' }).waitFor()
        assert.deepEqual([await list.isVisible(), await opened(page)], [false, 'kim@example.test'])
        await page.getByRole('link', { name: 'All messages' }).click()
        await list.waitFor()
        await page.locator('.row', { hasText: 'lee@' }).click()
        await page.locator('#detail dd', { hasText: 'lee@' }).waitFor()
        await page.goBack()
        await list.waitFor()
        assert.equal(await page.locator('#detail').isVisible(), false)
      }
      await withPage(path, walk, phone)
    })

    it('fits the width of a phone, with controls that are large enough to touch', async () => {
      const long = 'somebody.with.a.rather.long.name@a-rather-long-domain.example.test'
      const { clientId, path } = await givenMessages()
      await signUp(server(), clientId, 'long', { email: long })
      const fits = async (page: Page) => {
        const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
        assert.equal(overflow, 0)
        for (const control of await page.locator('button:visible, input:visible, .tabs a:visible, .row:visible, .back:visible').all()) {
          const { height = 0 } = (await control.boundingBox()) ?? {}
          assert.ok(height >= 24, `${await control.innerText()} is ${height} high`)
        }
      }
      const both = async (page: Page) => {
        await page.getByText(long).first().waitFor()
        await fits(page)
        await page.locator('.row').click()
        await page.getByRole('article').waitFor()
        await fits(page)
        for (const role of ['banner', 'search', 'main', 'region'] as const) await page.getByRole(role).first().waitFor()
      }
      await withPage(path, both, phone)
    })

    it('has enough contrast, light and dark', async () => {
      const { path } = await givenMessages('mia', 'noa')
      for (const colorScheme of ['light', 'dark']) {
        const check = async (page: Page) => {
          await page.getByRole('button', { name: 'Empty the inbox' }).click()
          const ratios = await page.evaluate<[string, number][]>(textContrasts)
          assert.ok(ratios.length > 30)
          assert.deepEqual(
            ratios.filter(([, ratio]) => ratio < 4.5),
            [],
          )
        }
        await withPage(path, check, { colorScheme })
      }
    })
  })
}
