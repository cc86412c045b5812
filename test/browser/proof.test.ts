import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { useAppPage } from '../support/app-page.ts'
import { engines } from '../support/engines.ts'
import { givenFederatedPool, providerClient, readUser } from '../support/federation.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { giveAttributes, prefer, registerApp, setMfa } from '../support/mfa.ts'
import { encode } from '../support/oauth.ts'
import { runOpenIdProvider } from '../support/openid-provider.ts'
import { setWebAuthn, withPasskeys } from '../support/passkeys.ts'
import { messagesOf } from '../support/self-service.ts'
import { givenTokens, givenUser, goodPassword } from '../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../support/test-server.ts'

const email = 'ana@corp.test'
const notice = 'You have an account with this address already. Sign in to connect Corp.'

describe('The proof that an identity belongs to a user, in Chromium', () => {
  const openPage = useAppPage('')
  for (const engine of engines) {
    describe(`on ${engine.name}`, async () => {
      const server = useTestServer(engine)
      const provider = await runOpenIdProvider()
      before(() => provider.open({ clients: [providerClient(server())], accounts: [{ sub: 'ana', email, email_verified: true }] }))

      /** Opens the app, for a pool with the user `local`, whose address is that of the identity. */
      async function given({ pool = {}, client = {} }: TestPoolOptions) {
        const { context, page, devtools, authenticatorId } = await openPage()
        const redirect_uri = `${page.url()}callback`
        const ids = await givenFederatedPool(server(), provider, { pool, client: { ...client, CallbackURLs: [redirect_uri] } })
        await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Federation: { LinkingPolicy: 'PROOF' } })
        await givenUser(server(), ids.poolId, 'local')
        await giveAttributes(server(), ids.poolId, 'local', { email, email_verified: 'true' })
        const query = encode({ client_id: ids.clientId, redirect_uri, response_type: 'code', state: 's' })
        const touch = (enabled: boolean) => devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
        return { ...ids, context, page, touch, at: (path: string) => `${server().url}${path}?${query}` }
      }
      const click = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
      const isBack = (page: Page) => page.waitForURL(/\/callback\?code=[\w-]+&state=s$/)
      const providersOf = async (poolId: string) => {
        const { attributes } = await readUser(server(), poolId, 'local')
        return (JSON.parse(attributes['identities'] ?? '[]') as { providerName: string }[]).map(({ providerName }) => providerName)
      }

      /** Comes from the provider to the sign-in page, which asks for the proof. */
      async function arrive(page: Page, at: (path: string) => string) {
        await page.goto(`${at('/oauth2/authorize')}&identity_provider=Corp`)
        await page.getByLabel('Account').fill('ana')
        await click(page, 'Sign in at the provider')
        await page.getByText(notice).waitFor()
      }

      it('is given by a passkey, with the name of the user and without', async () => {
        for (const way of ['with the name', 'without'] as const) {
          const { poolId, context, page, at, touch } = await given(withPasskeys)
          try {
            await setWebAuthn(server(), poolId, { RelyingPartyId: new URL(server().url).hostname })
            await page.goto(at('/passkeys/add'))
            await page.getByLabel('Username').fill('local')
            await click(page, 'Continue')
            await page.getByLabel('Password').fill(goodPassword)
            await click(page, 'Sign in')
            await click(page, 'Create a passkey')
            await isBack(page)
            await context.clearCookies()
            await touch(way === 'without')
            if (way === 'without') {
              await page.goto(`${at('/oauth2/authorize')}&identity_provider=Corp`)
              await page.getByLabel('Account').fill('ana')
              await click(page, 'Sign in at the provider')
            } else {
              await arrive(page, at)
              assert.deepEqual(await providersOf(poolId), [])
              await page.getByLabel('Username').fill('local')
              await click(page, 'Continue')
              await touch(true)
              await click(page, 'Sign in with a passkey')
            }
            await isBack(page)
            assert.deepEqual(await providersOf(poolId), ['Corp'], way)
          } finally {
            await context.close()
          }
        }
      })

      it('is given by a code in an e-mail', async () => {
        const pool: TestPoolOptions['pool'] = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } } }
        const { poolId, context, page, at } = await given({ pool, client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] } })
        try {
          await arrive(page, at)
          await page.getByLabel('Username').fill('local')
          await click(page, 'Continue')
          await click(page, 'Get a code by email')
          await page.getByRole('heading', { name: 'Enter the code' }).waitFor()
          assert.deepEqual(await providersOf(poolId), [])
          const code = (await messagesOf(server(), poolId)).at(-1)?.text?.match(/\d{6,8}/)?.[0] ?? ''
          await page.getByLabel('Code').fill(code)
          await click(page, 'Verify')
          await isBack(page)
          assert.deepEqual(await providersOf(poolId), ['Corp'])
        } finally {
          await context.close()
        }
      })

      it('is given by a password and a second factor, and not by the password alone', async () => {
        const { poolId, clientId, context, page, at } = await given({ client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] } })
        try {
          await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
          const app = await registerApp(server(), (await givenTokens(server(), clientId, 'local')).accessToken)
          await prefer(server(), poolId, 'local', { SoftwareTokenMfaSettings: { Enabled: true } })
          await arrive(page, at)
          await page.getByLabel('Username').fill('local')
          await page.getByLabel('Password').fill(goodPassword)
          await click(page, 'Sign in')
          await page.getByLabel('Code').fill('000000')
          await click(page, 'Verify')
          await page.getByRole('alert').waitFor()
          assert.deepEqual(await providersOf(poolId), [])
          await page.getByLabel('Code').fill(app.code())
          await click(page, 'Verify')
          await isBack(page)
          assert.deepEqual(await providersOf(poolId), ['Corp'])
        } finally {
          await context.close()
        }
      })
    })
  }
})
