import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { useAppPage } from '../support/app-page.ts'
import { engines } from '../support/engines.ts'
import { encode, givenOAuthPool } from '../support/oauth.ts'
import { setWebAuthn, withPasskeys } from '../support/passkeys.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

describe('The pages about passkeys in Chromium', () => {
  const openPage = useAppPage('')
  for (const engine of engines) {
    describe(`on ${engine.name}`, () => {
      const server = useTestServer(engine)

      async function givenAna() {
        const { context, page, ...rest } = await openPage()
        const redirect_uri = `${page.url()}callback`
        const client = { ...withPasskeys.client, CallbackURLs: [redirect_uri] }
        const given = await givenOAuthPool(server(), { pool: withPasskeys.pool, client })
        await setWebAuthn(server(), given.poolId, { RelyingPartyId: 'localhost' })
        await givenUser(server(), given.poolId, 'ana')
        const query = encode({ client_id: given.clientId, redirect_uri, response_type: 'code', state: 's' })
        const at = (path: string) => `${server().url.replace('127.0.0.1', 'localhost')}${path}?${query}`
        return { ...given, context, page, at, ...rest }
      }
      const click = (page: Page, name: string) => page.getByRole('button', { name }).click()
      const isBack = (page: Page) => page.waitForURL(/\/callback\?code=[\w-]+&state=s$/)

      async function addPasskey(page: Page, at: (path: string) => string) {
        await page.goto(at('/passkeys/add'))
        await page.getByLabel('Username').fill('ana')
        await click(page, 'Continue')
        await page.getByLabel('Password').fill(goodPassword)
        await click(page, 'Sign in')
        await page.getByRole('heading', { name: 'Sign in faster with a passkey' }).waitFor()
        await click(page, 'Create a passkey')
        await isBack(page)
      }

      it('register a passkey, and sign in by it with the name and without', async () => {
        const { context, page, at, devtools, authenticatorId } = await givenAna()
        const touch = (enabled: boolean) => devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
        try {
          await addPasskey(page, at)
          await context.clearCookies()
          // The authenticator answers at once, as if the user had chosen the passkey among the suggestions for the name.
          await page.goto(at('/login'))
          await isBack(page)
          await context.clearCookies()
          await touch(false)
          await page.goto(at('/login'))
          await page.getByLabel('Username').fill('ana')
          await click(page, 'Continue')
          await touch(true)
          await click(page, 'Sign in with a passkey')
          await isBack(page)
        } finally {
          await context.close()
        }
      })
    })
  }
})
