import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateUserPoolDomainCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { Page } from 'playwright-core'
import { engines } from '../support/engines.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { giveAttributes } from '../support/mfa.ts'
import { callback, encode, givenOAuthPool } from '../support/oauth.ts'
import { checkLooks, useLooks } from '../support/page-looks.ts'
import { codeSentTo } from '../support/self-service.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../support/test-server.ts'

const contacts = { email: 'ana@example.test', email_verified: 'true', phone_number: '+12025550199', phone_number_verified: 'true' }

for (const engine of engines.slice(0, 1)) {
  describe('The pages for accounts look right and have no faults that axe finds', () => {
    const server = useTestServer(engine)
    const withPage = useLooks()

    async function givenPool({ pool = {} }: TestPoolOptions = {}) {
      const given = await givenOAuthPool(server(), { pool })
      const query = encode({ client_id: given.clientId, redirect_uri: callback, response_type: 'code' })
      return { ...given, at: (path: string) => `${server().url}${path}?${query}` }
    }
    const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

    it('create an account and confirm it', async () => {
      const Schema = ['email', 'name', 'birthdate', 'phone_number'].map((Name) => ({ Name, Required: true }))
      const { poolId, at } = await givenPool({ pool: { Schema, AutoVerifiedAttributes: ['email'] } })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, SignUp: { ContactCorrection: true } })
      await withPage(async (page) => {
        await page.goto(at('/login'))
        await page.getByRole('link', { name: 'Create an account' }).click()
        await checkLooks(page, 'sign-up')
        await page.getByLabel('Username').fill('neo')
        await page.getByLabel('Email address').fill('neo@example.test')
        await page.getByLabel('Full name').fill('Neo')
        await page.getByLabel('Date of birth').fill('1990-01-31')
        await page.getByLabel('Phone number').fill('0770')
        await page.getByLabel('Password', { exact: true }).fill(goodPassword)
        await page.getByLabel('Password again').fill(goodPassword)
        await press(page, 'Create account')
        await page.getByText('Please check this field.').waitFor()
        assert.equal(await page.evaluate('document.activeElement.name'), 'requiredAttributes[phone_number]')
        await checkLooks(page, 'sign-up-wrong')
        await page.getByLabel('Phone number').fill('+44 7700 900123')
        await page.getByLabel('Password', { exact: true }).fill(goodPassword)
        await page.getByLabel('Password again').fill(goodPassword)
        await press(page, 'Create account')
        await page.getByRole('heading', { name: 'Confirm your account' }).waitFor()
        await checkLooks(page, 'confirm')
        await page.getByLabel('Code').fill('12')
        await press(page, 'Confirm account')
        await page.getByRole('alert').waitFor()
        await checkLooks(page, 'confirm-wrong')
        await press(page, 'Send a new code')
        await page.getByRole('status').waitFor()
        await checkLooks(page, 'confirm-resent')
        await page.getByText('Wrong email address?').click()
        await page.getByLabel('Email address').fill('neo')
        await page.evaluate('document.querySelector("details form").noValidate = true')
        await press(page, 'Save and send again')
        await page.getByText('Please check this field.').waitFor()
        assert.equal(await page.evaluate('document.activeElement.name'), 'contact')
        await checkLooks(page, 'confirm-correct-address')
        await page.getByLabel('Email address').fill('neo@right.test')
        await press(page, 'Save and send again')
        await page.getByText('We sent a code to n***@r***.').waitFor()
      })
    })

    it('confirm an account by a link', async () => {
      const VerificationMessageTemplate = { DefaultEmailOption: 'CONFIRM_WITH_LINK' as const }
      const UsernameAttributes = ['email' as const]
      const { poolId, clientId, at } = await givenPool({
        pool: { UsernameAttributes, AutoVerifiedAttributes: ['email'], VerificationMessageTemplate },
      })
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: `look-${poolId.slice(-9).toLowerCase()}` }))
      await withPage(async (page) => {
        await page.goto(at('/signup'))
        await page.getByLabel('Email address').fill('neo@example.test')
        await page.getByLabel('Password', { exact: true }).fill(goodPassword)
        await page.getByLabel('Password again').fill(goodPassword)
        await press(page, 'Create account')
        await page.getByText('We sent a link').waitFor()
        await checkLooks(page, 'confirm-link')
        await callLifeguard(server(), 'SetUserPoolClientExtensions', {
          UserPoolId: poolId,
          ClientId: clientId,
          ConfirmationLinks: { SignIn: true },
        })
        const [message] = await server().inbox('neo@example.test')
        const link = /href="([^"]+)"/.exec(message?.html ?? '')?.[1]?.replaceAll('&amp;', '&') ?? ''
        await page.goto(link)
        await page.getByRole('button', { name: 'Confirm account' }).waitFor()
        await checkLooks(page, 'confirm-by-click')
        await page.context().clearCookies({ name: /step/ })
        await press(page, 'Confirm account')
        await page.getByRole('link', { name: 'Sign in' }).waitFor()
        await checkLooks(page, 'confirmed-by-link')
      })
    })

    it('reset a password', async () => {
      const { poolId, at } = await givenPool()
      await givenUser(server(), poolId, 'ana')
      await giveAttributes(server(), poolId, 'ana', contacts)
      await withPage(async (page) => {
        await page.goto(at('/login'))
        await page.getByRole('link', { name: 'Forgot your password?' }).click()
        await checkLooks(page, 'forgot-password')
        await page.getByLabel('Username').fill('ana')
        await press(page, 'Send code')
        await page.getByRole('heading', { name: 'Set a new password' }).waitFor()
        await checkLooks(page, 'reset-password')
        await page.getByLabel('Code').fill('12')
        await page.getByLabel('New password').fill(goodPassword)
        await page.getByLabel('Password again').fill('other')
        await press(page, 'Set new password')
        await page.getByRole('alert').waitFor()
        await checkLooks(page, 'reset-password-wrong')
      })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, HostedPages: { CheckResetCodeFirst: true } })
      await withPage(async (page) => {
        await page.goto(at('/forgotPassword'))
        await page.getByLabel('Username').fill('ana')
        await press(page, 'Send code')
        await page.getByLabel('Code').waitFor()
        await checkLooks(page, 'reset-code')
        await page.getByLabel('Code').fill(await codeSentTo(server(), poolId, contacts.phone_number))
        await press(page, 'Verify')
        await page.getByLabel('New password').waitFor()
        await checkLooks(page, 'reset-new-password')
      })
    })
  })
}
