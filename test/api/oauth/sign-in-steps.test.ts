import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand, AdminGetUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { noteSecrets } from '../../support/evidence.ts'
import { appOf, type FactorName, giveAttributes, givenAppUser, prefer, setMfa } from '../../support/mfa.ts'
import { callback, codeClient, encode, givenClient, givenOAuthPool, type Reply } from '../../support/oauth.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const requestOf = (clientId: string) => encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', state: 's' })
const contacts = { email: 'ana@example.test', email_verified: 'true', phone_number: '+12025550199', phone_number_verified: 'true' }
const apiClient = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
const titleIn = ({ text }: Reply): string => /<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? ''
const alertIn = ({ text }: Reply): string => /role="alert">([^<]*)</.exec(text)?.[1] ?? ''

for (const engine of engines) {
  describe(`The further steps of a sign-in on the pages on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** Sends name and password, and opens the page of the next step. */
    async function firstStep(clientId: string, username: string, password = goodPassword) {
      const browser = new TestBrowser(server())
      const next = locationOf(await browser.submitLogin(`/login?${requestOf(clientId)}`, username, password))
      assert.equal(next, `/challenge?${requestOf(clientId)}`)
      return { browser, page: await browser.visit(next) }
    }
    const answer = (browser: TestBrowser, page: Reply, form: Readonly<Record<string, string>>) =>
      browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...form })
    const follow = async (browser: TestBrowser, reply: Reply) => browser.visit(locationOf(reply))
    const codeOf = (reply: Reply) => paramsIn(locationOf(reply)).get('code')

    async function givenMfaPool(mode: 'OPTIONAL' | 'ON', factors: readonly FactorName[]) {
      const given = await givenOAuthPool(server(), { client: apiClient })
      await setMfa(server(), given.poolId, mode, factors)
      return given
    }
    async function givenContactUser(poolId: string, preferred: object) {
      await givenUser(server(), poolId, 'ana')
      await giveAttributes(server(), poolId, 'ana', contacts)
      await prefer(server(), poolId, 'ana', preferred)
    }

    it('asks for a new password in place of a temporary one, with the attributes that the user lacks', async () => {
      const { poolId, clientId } = await givenOAuthPool(server(), {
        pool: {
          Schema: [
            { Name: 'email', Required: true },
            { Name: 'name', Required: true },
          ],
        },
      })
      const created = { UserPoolId: poolId, Username: 'neo', TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' } as const
      await server().send(new AdminCreateUserCommand({ ...created, UserAttributes: [{ Name: 'email', Value: 'neo@example.test' }] }))
      const { browser, page } = await firstStep(clientId, 'neo')
      assert.equal(titleIn(page), 'Choose a new password')
      assert.match(page.text, /name="userAttributes\.name"/)
      assert.doesNotMatch(page.text, /userAttributes\.email/)
      const weak = await answer(browser, page, { password: 'weak', confirm_password: 'weak', 'userAttributes.name': 'Neo' })
      assert.equal(weak.status, 400)
      assert.equal(alertIn(weak), 'The password does not meet the rules below.')
      assert.match(weak.text, /value="Neo"/)
      const unlike = await answer(browser, weak, {
        password: 'Better-horse-8',
        confirm_password: 'Better-horse-9',
        'userAttributes.name': 'Neo',
      })
      assert.equal(alertIn(unlike), 'The two passwords are not the same.')
      const done = await answer(browser, weak, {
        password: 'Better-horse-8',
        confirm_password: 'Better-horse-8',
        'userAttributes.name': 'Neo',
      })
      assert.ok(codeOf(done))
      const user = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'neo' }))
      assert.equal(user.UserStatus, 'CONFIRMED')
    })

    it('asks for the code of a text message, and shows a wrong code and a used one as such', async () => {
      const { poolId, clientId } = await givenMfaPool('OPTIONAL', ['sms'])
      await givenContactUser(poolId, { SMSMfaSettings: { Enabled: true, PreferredMfa: true } })
      const { browser, page } = await firstStep(clientId, 'ana')
      assert.equal(titleIn(page), 'Enter the code')
      assert.match(page.text, /We sent a code to \+\*+0199\./)
      assert.match(page.text, /autocomplete="one-time-code"/)
      const wrong = await answer(browser, page, { code: '000000' })
      assert.deepEqual([wrong.status, alertIn(wrong)], [400, 'The code is not right. Check it and try again.'])
      const reloaded = await browser.visit(`/challenge?${requestOf(clientId)}`)
      assert.equal(alertIn(reloaded), '')
      const code = await codeSentTo(server(), poolId, contacts.phone_number)
      assert.ok(codeOf(await answer(browser, reloaded, { code: ` ${code.slice(0, 3)} ${code.slice(3)} ` })))
      assert.ok(codeOf(await answer(browser, page, { code })), 'The browser is signed in by now.')
      for (const name of browser.cookies.keys()) if (name.startsWith('cognito-')) browser.cookies.delete(name)
      const again = await answer(browser, page, { code })
      assert.deepEqual([again.status, titleIn(again), alertIn(again)], [400, 'Sign in', 'This page has expired. Please try again.'])
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${contacts.phone_number}`])
    })

    it('lets the user choose among several second factors', async () => {
      const { poolId, clientId } = await givenMfaPool('OPTIONAL', ['sms', 'email'])
      await givenContactUser(poolId, { SMSMfaSettings: { Enabled: true }, EmailMfaSettings: { Enabled: true } })
      const { browser, page } = await firstStep(clientId, 'ana')
      assert.equal(titleIn(page), 'Choose how to verify it is you')
      const asked = await follow(browser, await answer(browser, page, { method: 'EMAIL_OTP' }))
      assert.match(asked.text, /We sent a code to a\*+@e\*+\./)
      assert.ok(codeOf(await answer(browser, asked, { code: await codeSentTo(server(), poolId, contacts.email) })))
    })

    it('asks for the code of an authenticator app', async () => {
      const { poolId, clientId } = await givenMfaPool('OPTIONAL', ['totp'])
      const app = await givenAppUser(server(), { poolId, clientId }, 'ana')
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } })
      const { browser, page } = await firstStep(clientId, 'ana')
      assert.match(page.text, /Open your authenticator app/)
      assert.ok(codeOf(await answer(browser, page, { code: app.code() })))
    })

    it('sets an authenticator app up where the pool requires a second factor', async () => {
      const { poolId, clientId } = await givenMfaPool('ON', ['totp'])
      await givenUser(server(), poolId, 'ana')
      const { browser, page } = await firstStep(clientId, 'ana')
      assert.equal(titleIn(page), 'Set up your authenticator app')
      const secret = (/<code class="key">([A-Z2-7 ]+)</.exec(page.text)?.[1] ?? '').replaceAll(' ', '')
      noteSecrets({ SecretCode: secret })
      assert.match(page.text, /<svg viewBox/)
      const wrong = await answer(browser, page, { code: '000000' })
      assert.deepEqual(
        [alertIn(wrong), titleIn(wrong)],
        ['The code is not right. Check it and try again.', 'Set up your authenticator app'],
      )
      assert.ok(wrong.text.includes(secret.slice(0, 4)))
      assert.ok(codeOf(await answer(browser, wrong, { code: appOf(server(), secret).code(), device_name: 'phone' })))
      const user = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(user.UserMFASettingList, ['SOFTWARE_TOKEN_MFA'])
    })

    it('sets an e-mail address up as a second factor', async () => {
      const { poolId, clientId } = await givenMfaPool('ON', ['totp', 'email'])
      await givenUser(server(), poolId, 'ana')
      const { browser, page } = await firstStep(clientId, 'ana')
      assert.equal(titleIn(page), 'Protect your account')
      const asked = await follow(browser, await answer(browser, page, { method: 'EMAIL_OTP' }))
      assert.equal(titleIn(asked), 'Add your email address')
      const wrong = await answer(browser, asked, { contact: 'nowhere' })
      assert.deepEqual([wrong.status, titleIn(wrong)], [400, 'Add your email address'])
      const sent = await follow(browser, await answer(browser, wrong, { contact: contacts.email }))
      assert.ok(codeOf(await answer(browser, sent, { code: await codeSentTo(server(), poolId, contacts.email) })))
    })

    it('refuses the form of another tab, of another client and of a used step', async () => {
      const { poolId, clientId } = await givenMfaPool('OPTIONAL', ['sms'])
      await givenContactUser(poolId, { SMSMfaSettings: { Enabled: true, PreferredMfa: true } })
      const other = await givenClient(server(), poolId, codeClient)
      const { browser, page: first } = await firstStep(clientId, 'ana')
      const code = await codeSentTo(server(), poolId, contacts.phone_number)
      const path = `/challenge?${requestOf(other.clientId)}`
      assert.equal(alertIn(await browser.visit(path)), 'This page has expired. Please try again.')
      assert.equal((await browser.submit(path, { ...hiddenFieldsIn(first), code })).status, 400)
      const second = await browser.visit(locationOf(await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana')))
      assert.equal(alertIn(await answer(browser, first, { code })), 'This page has expired. Please try again.')
      assert.equal((await answer(new TestBrowser(server()), second, { code })).status, 400)
      assert.equal((await browser.submit(formActionIn(second), { step: hiddenFieldsIn(second)['step'] ?? '', code })).status, 400)
      const newest = await codeSentTo(server(), poolId, contacts.phone_number)
      assert.ok(codeOf(await answer(browser, second, { code: newest })))
    })

    it('does not answer for a user who signed in earlier in the browser', async () => {
      const { poolId, clientId } = await givenMfaPool('OPTIONAL', ['sms'])
      await givenContactUser(poolId, { SMSMfaSettings: { Enabled: true, PreferredMfa: true } })
      await givenUser(server(), poolId, 'ben')
      const browser = new TestBrowser(server())
      assert.ok(codeOf(await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ben')))
      server().clock.advance(2 * 60_000)
      const page = await follow(browser, await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana'))
      const newer = await follow(browser, await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana'))
      const code = await codeSentTo(server(), poolId, contacts.phone_number)
      assert.equal(alertIn(await answer(browser, page, { code })), 'This page has expired. Please try again.')
      server().clock.advance(16 * 60_000)
      assert.equal(alertIn(await answer(browser, newer, { code })), 'This page has expired. Please try again.')
      assert.equal(titleIn(await browser.visit(`/challenge?${requestOf(clientId)}`)), 'Sign in')
    })

    it('expires after the lifetime of the Session', async () => {
      const { poolId, clientId } = await givenMfaPool('OPTIONAL', ['sms'])
      await givenContactUser(poolId, { SMSMfaSettings: { Enabled: true, PreferredMfa: true } })
      const { browser, page } = await firstStep(clientId, 'ana')
      const code = await codeSentTo(server(), poolId, contacts.phone_number)
      server().clock.advance(16 * 60_000)
      assert.equal(alertIn(await answer(browser, page, { code })), 'This page has expired. Please try again.')
      assert.equal(titleIn(await browser.visit(`/challenge?${requestOf(clientId)}`)), 'Sign in')
    })
  })

  describe(`The choice of a first factor on the pages on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenChoicePool() {
      const policies = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } } }
      const client = { ExplicitAuthFlows: ['ALLOW_USER_AUTH' as const], PreventUserExistenceErrors: 'ENABLED' as const }
      const given = await givenOAuthPool(server(), { pool: policies, client })
      await givenUser(server(), given.poolId, 'ana')
      await giveAttributes(server(), given.poolId, 'ana', contacts)
      return given
    }
    async function begin(clientId: string, username: string) {
      const browser = new TestBrowser(server())
      const page = await browser.visit(`/login?${requestOf(clientId)}`)
      assert.doesNotMatch(page.text, /type="password"/)
      return { browser, page: await browser.visit(locationOf(await answer(browser, page, { username }))) }
    }
    const answer = (browser: TestBrowser, page: Reply, form: Readonly<Record<string, string>>) =>
      browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...form })
    const follow = async (browser: TestBrowser, reply: Reply) => browser.visit(locationOf(reply))

    it('signs in by a code by e-mail, and sends a new one when the user asks for it', async () => {
      const { poolId, clientId } = await givenChoicePool()
      const { browser, page } = await begin(clientId, 'ana')
      assert.equal(titleIn(page), 'Choose how to sign in')
      const sent = await follow(browser, await answer(browser, page, { factor: 'EMAIL_OTP' }))
      const first = await codeSentTo(server(), poolId, contacts.email)
      const resent = await follow(browser, await answer(browser, sent, { action: 'resend' }))
      const second = await codeSentTo(server(), poolId, contacts.email)
      const old = await answer(browser, resent, { code: first })
      assert.equal(alertIn(old), 'The code is not right. Check it and try again.')
      assert.match(locationOf(await answer(browser, old, { code: second })), /code=/)
      assert.equal((await sentTo(server(), poolId)).length, 2)
    })

    it('lets the user choose again, and then takes the password', async () => {
      const { clientId } = await givenChoicePool()
      const { browser, page } = await begin(clientId, 'ana')
      const sent = await follow(browser, await answer(browser, page, { factor: 'EMAIL_OTP' }))
      const again = await follow(browser, await answer(browser, sent, { action: 'change' }))
      assert.equal(titleIn(again), 'Choose how to sign in')
      const asked = await follow(browser, await answer(browser, again, { factor: 'PASSWORD' }))
      assert.equal(titleIn(asked), 'Enter your password')
      const wrong = await answer(browser, asked, { password: 'Wrong-horse-7' })
      assert.equal(alertIn(wrong), 'Incorrect username or password.')
      assert.match(locationOf(await answer(browser, wrong, { password: goodPassword })), /code=/)
    })

    it('asks a user who has only a password for it at once', async () => {
      const { poolId, clientId } = await givenChoicePool()
      await givenUser(server(), poolId, 'ben')
      const { browser, page } = await begin(clientId, 'ben')
      assert.equal(titleIn(page), 'Enter your password')
      assert.match(locationOf(await answer(browser, page, { password: goodPassword })), /code=/)
    })

    it('shows the same pages for a name that no user has', async () => {
      const { poolId, clientId } = await givenChoicePool()
      const { browser, page } = await begin(clientId, 'nobody')
      const isChoice = titleIn(page) === 'Choose how to sign in'
      const factor = page.text.includes('PASSWORD') ? 'PASSWORD' : 'EMAIL_OTP'
      const asked = isChoice ? await follow(browser, await answer(browser, page, { factor })) : page
      const wrong = await answer(browser, asked, { password: goodPassword, code: '12345678' })
      assert.match(alertIn(wrong), /^(Incorrect username or password\.|The code is not right\. Check it and try again\.)$/)
      assert.deepEqual(await sentTo(server(), poolId), [])
    })
  })
}
