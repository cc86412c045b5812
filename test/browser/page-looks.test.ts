import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { AdminCreateUserCommand, AdminUpdateUserAttributesCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { Page } from 'playwright-core'
import { givenDevice, givenDevicePool } from '../support/device-grant.ts'
import { engines } from '../support/engines.ts'
import { appRequest, givenFederatedPool, providerClient } from '../support/federation.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { type FactorName, giveAttributes, prefer, setMfa } from '../support/mfa.ts'
import { callback, codeClient, encode, givenOAuthPool } from '../support/oauth.ts'
import { openApp } from '../support/open-app.ts'
import { runOpenIdProvider } from '../support/openid-provider.ts'
import { checkLooks, useLooks } from '../support/page-looks.ts'
import { setWebAuthn } from '../support/passkeys.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { enableLinks, linkClient, linkPool, linkSentTo } from '../support/sign-in-links.ts'
import { type TestPoolOptions, useTestServer } from '../support/test-server.ts'

const contacts = { email: 'ana@example.test', email_verified: 'true', phone_number: '+12025550199', phone_number_verified: 'true' }

for (const engine of engines.slice(0, 1)) {
  describe('The pages look right and have no faults that axe finds', async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()
    before(() => provider.open({ clients: [providerClient(server())], accounts: [{ sub: 'ana', ...contacts, email_verified: true }] }))
    const withPage = useLooks()

    async function givenPool({ pool, client }: TestPoolOptions = {}, redirect_uri = callback) {
      const given = await givenOAuthPool(server(), { pool: pool ?? {}, client: { ...client, CallbackURLs: [redirect_uri] } })
      const query = encode({ client_id: given.clientId, redirect_uri, response_type: 'code' })
      return { ...given, at: (path: string) => `${server().url}${path}?${query}` }
    }
    const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

    async function signIn(page: Page, url: string, username = 'ana', password = goodPassword) {
      await page.goto(url)
      await page.getByLabel('Username').fill(username)
      await page.getByLabel('Password').fill(password)
      await press(page, 'Sign in')
    }

    it('sign in, with and without an error', async () => {
      const { poolId, at } = await givenPool()
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, HostedPages: { RememberMeDays: 30 } })
      await withPage(async (page) => {
        await page.goto(at('/login'))
        await checkLooks(page, 'sign-in')
        await signIn(page, at('/login'), 'ana', 'Wrong-horse-7')
        await page.getByRole('alert').waitFor()
        await checkLooks(page, 'sign-in-wrong')
      })
    })

    it('sign in to connect an identity', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Federation: { LinkingPolicy: 'PROOF' } })
      await givenUser(server(), poolId, 'ana')
      await giveAttributes(server(), poolId, 'ana', contacts)
      await withPage(async (page) => {
        await page.goto(`${server().url}/oauth2/authorize?${encode(appRequest(clientId))}`)
        await page.getByLabel('Account').fill('ana')
        await press(page, 'Sign in at the provider')
        await page.getByRole('status').waitFor()
        await checkLooks(page, 'sign-in-to-connect')
      })
    })

    it('choose a first factor, enter a code and a password', async () => {
      const AllowedFirstAuthFactors = ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'] as const
      const Policies = { SignInPolicy: { AllowedFirstAuthFactors: [...AllowedFirstAuthFactors] } }
      const { poolId, at } = await givenPool({ pool: { Policies }, client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] } })
      await givenUser(server(), poolId, 'ana')
      await giveAttributes(server(), poolId, 'ana', contacts)
      await withPage(async (page) => {
        await page.goto(at('/login'))
        await checkLooks(page, 'name-first')
        await page.getByLabel('Username').fill('ana')
        await press(page, 'Continue')
        await checkLooks(page, 'choose-factor')
        await press(page, 'Get a code by email')
        await checkLooks(page, 'code')
        await page.getByLabel('Code').fill('12')
        await press(page, 'Verify')
        await page.getByRole('alert').waitFor()
        await checkLooks(page, 'code-wrong')
        await press(page, 'Use another method')
        await press(page, 'Sign in with a password')
        await checkLooks(page, 'password')
      })
    })

    it('ask for a link and open it', async () => {
      const { poolId, at } = await givenPool({ pool: linkPool, client: linkClient })
      await enableLinks(server(), poolId)
      await givenUser(server(), poolId, 'ana')
      await giveAttributes(server(), poolId, 'ana', contacts)
      await withPage(async (page) => {
        await page.goto(at('/login'))
        await checkLooks(page, 'name-first-with-links')
        await page.getByLabel('Username').fill('ana')
        await press(page, 'Continue')
        await checkLooks(page, 'choose-factor-with-links')
        await press(page, 'Email me a link')
        await page.getByRole('heading', { name: 'Check your email' }).waitFor()
        await checkLooks(page, 'link-sent')
        await press(page, 'Send a new link')
        await page.getByRole('status').waitFor()
        await checkLooks(page, 'link-resent')
      })
      await withPage(async (page) => {
        const link = server().url + (await linkSentTo(server(), poolId))
        await page.goto(link)
        await page.getByRole('heading', { name: 'Sign in as ana?' }).waitFor()
        await checkLooks(page, 'link-opened')
        await enableLinks(server(), poolId, { Enabled: false })
        await page.goto(link)
        await page.getByRole('heading', { name: 'This link is not valid' }).waitFor()
        await checkLooks(page, 'link-dead')
      })
    })

    it('use and add a passkey', async () => {
      const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'WEB_AUTHN' as const] } }
      const { poolId, at } = await givenPool({ pool: { Policies }, client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] } })
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'localhost' })
      await givenUser(server(), poolId, 'ana')
      await withPage(async (page) => {
        await page.goto(at('/passkeys/add'))
        await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
        await checkLooks(page, 'name-first-with-passkeys')
        await page.getByLabel('Username').fill('ana')
        await press(page, 'Continue')
        await page.getByLabel('Password').fill(goodPassword)
        await press(page, 'Sign in')
        await page.getByRole('button', { name: 'Create a passkey' }).waitFor()
        await checkLooks(page, 'add-passkey')
      })
    })

    async function givenMfa(mode: 'ON' | 'OPTIONAL', factors: readonly FactorName[]) {
      const given = await givenPool()
      await setMfa(server(), given.poolId, mode, factors)
      await givenUser(server(), given.poolId, 'ana')
      return given
    }

    it('set up and choose a second factor', async () => {
      const setUp = await givenMfa('ON', ['totp', 'email'])
      await withPage(async (page) => {
        await signIn(page, setUp.at('/login'))
        await checkLooks(page, 'choose-second-factor-to-set-up')
        await press(page, 'Code by email')
        await checkLooks(page, 'add-email')
        await signIn(page, setUp.at('/login'))
        await press(page, 'Authenticator app')
        await checkLooks(page, 'set-up-app')
      })
      const several = await givenMfa('OPTIONAL', ['sms', 'email'])
      await giveAttributes(server(), several.poolId, 'ana', contacts)
      await prefer(server(), several.poolId, 'ana', { SMSMfaSettings: { Enabled: true }, EmailMfaSettings: { Enabled: true } })
      await withPage(async (page) => {
        await signIn(page, several.at('/login'))
        await checkLooks(page, 'choose-second-factor')
      })
    })

    it('remember a device', async () => {
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true }
      const { poolId, at } = await givenPool({ pool: { DeviceConfiguration } })
      await setMfa(server(), poolId, 'OPTIONAL', ['email'])
      await givenUser(server(), poolId, 'ana')
      await giveAttributes(server(), poolId, 'ana', contacts)
      await prefer(server(), poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      await withPage(async (page) => {
        await signIn(page, at('/login'))
        await page.getByLabel('Remember this device').waitFor()
        await checkLooks(page, 'code-remember-device')
      })
    })

    it('choose a new password, with missing attributes', async () => {
      const Schema = ['name', 'birthdate', 'phone_number'].map((Name) => ({ Name, Required: true }))
      const { poolId, at } = await givenPool({ pool: { Schema } })
      const created = { UserPoolId: poolId, Username: 'neo', TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' } as const
      await server().send(new AdminCreateUserCommand(created))
      await withPage(async (page) => {
        await signIn(page, at('/login'), 'neo')
        await checkLooks(page, 'new-password')
      })
    })

    it('choose an account', async () => {
      using app = await openApp((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>'))
      const { poolId, at } = await givenPool({}, `http://localhost:${app.port}/callback`)
      await withPage(async (page) => {
        for (const [username, name] of [
          ['ana', 'Ana Ray'],
          ['ben', 'Ben Ode'],
        ] as const) {
          await givenUser(server(), poolId, username)
          const UserAttributes = Object.entries({ name, email: `${username}@example.test` }).map(([Name, Value]) => ({ Name, Value }))
          await server().send(new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: username, UserAttributes }))
          await signIn(page, at('/login'), username)
          await page.getByRole('heading', { name: 'Welcome' }).waitFor()
        }
        await page.goto(`${at('/oauth2/authorize')}&prompt=select_account`)
        await checkLooks(page, 'choose-account')
      })
    })

    it('connect a device', async () => {
      const client = { ClientName: 'Television', AllowedOAuthScopes: [...codeClient.AllowedOAuthScopes, 'https://api.test/read'] }
      const { clientId } = await givenDevicePool(server(), { client })
      const devices = [await givenDevice(server(), clientId), await givenDevice(server(), clientId)]
      for (const [at, device] of devices.entries()) {
        await withPage(async (page) => {
          await page.goto(`${server().url}${device.page}`)
          await checkLooks(page, 'device')
          await page.getByLabel('Code on the device').fill('BCDF')
          await press(page, 'Continue')
          await page.getByRole('alert').waitFor()
          await checkLooks(page, 'device-wrong')
          await page.goto(`${server().url}${device.completePage}`)
          await checkLooks(page, 'device-with-code')
          await press(page, 'Continue')
          await signIn(page, page.url())
          await page.getByRole('button', { name: 'Allow', exact: true }).waitFor()
          await checkLooks(page, 'device-decision')
          await press(page, at === 0 ? 'Allow' : 'Deny')
          await page.getByRole('heading', { name: at === 0 ? 'Your device is connected' : 'The device got no access' }).waitFor()
          await checkLooks(page, at === 0 ? 'device-allowed' : 'device-denied')
        })
      }
    })

    it('errors, also in German', async () => {
      await withPage(async (page) => {
        await page.goto(`${server().url}/error?error=redirect_mismatch`)
        await checkLooks(page, 'error')
      })
      const { at } = await givenPool()
      await withPage(
        async (page) => {
          await page.goto(at('/login'))
          assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Anmelden')
          await checkLooks(page, 'sign-in-german')
        },
        { locale: 'de-AT' },
      )
    })
  })
}
