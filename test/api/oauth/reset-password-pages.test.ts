import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableUserCommand,
  AdminGetUserCommand,
  AdminResetUserPasswordCommand,
  CreateUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, goodForm } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { giveAttributes } from '../../support/mfa.ts'
import { callback, codeClient, givenClient, givenOAuthPool } from '../../support/oauth.ts'
import { alertIn, fieldsIn, noticeIn, titleIn } from '../../support/page-texts.ts'
import { codeSentTo, sentTo, wrongCode } from '../../support/self-service.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const email = 'ana@example.test'
const contacts = { email, email_verified: 'true' }
const newPassword = 'Better-horse-8'
const changed = (more: Readonly<Record<string, string>>) => goodForm({ password: newPassword, confirm_password: newPassword, ...more })
const hiding = { PreventUserExistenceErrors: 'ENABLED' as const }

for (const engine of engines) {
  describe(`The pages for a forgotten password on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const { open, answer, follow, requestOf } = accountPages(server)

    async function givenAna(options: TestPoolOptions = {}) {
      const given = await givenOAuthPool(server(), options)
      await givenUser(server(), given.poolId, 'ana')
      await giveAttributes(server(), given.poolId, 'ana', contacts)
      return given
    }
    async function ask(clientId: string, username = 'ana') {
      const { browser, page } = await open('/forgotPassword', clientId)
      return { browser, page: await follow(browser, await answer(browser, page, { username })) }
    }
    const isSignedIn = async (clientId: string, password: string) =>
      (await new TestBrowser(server()).submitLogin(`/login?${requestOf(clientId)}`, 'ana', password)).status === 302

    it('send a code, set a new password, and lead to the sign-in page with the name', async () => {
      const triggers = endpoint.given({
        CustomMessage: agree,
        PostConfirmation: agree,
        PreSignUp: agree,
        PreAuthentication: agree,
        PostAuthentication: agree,
        UserMigration: agree,
      })
      const { poolId, clientId } = await givenAna({ pool: { LambdaConfig: triggers.lambdaConfig } })
      triggers.clear()
      const { browser, page } = await open('/login', clientId)
      const link = /href="(\/forgotPassword\?[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
      const form = await browser.visit(link)
      assert.deepEqual([titleIn(form), fieldsIn(form)], ['Reset your password', ['username']])
      const sent = await answer(browser, form, { username: ' ana ' })
      assert.equal(locationOf(sent), `/confirmForgotPassword?${requestOf(clientId)}`)
      const asked = await follow(browser, sent)
      assert.match(asked.text, /we sent a code to a\*\*\*@e\*\*\*\./)
      assert.deepEqual(fieldsIn(asked), ['code', 'password', 'confirm_password'])
      const code = await codeSentTo(server(), poolId, email)
      const wrong = await answer(browser, asked, changed({ code: wrongCode(code) }))
      assert.deepEqual([wrong.status, alertIn(wrong)], [400, 'The code is not right. Check it and try again.'])
      const unlike = await answer(browser, wrong, changed({ code, confirm_password: 'Other-horse-9' }))
      assert.equal(alertIn(unlike), 'The two passwords are not the same.')
      const weak = await answer(browser, unlike, changed({ code, password: 'weak', confirm_password: 'weak' }))
      assert.equal(alertIn(weak), 'The password does not meet the rules below.')
      assert.ok(weak.text.includes(`value="${code}"`), 'The code does not have to be typed again.')
      assert.ok(!wrong.text.includes(`value="${wrongCode(code)}"`))
      for (const refused of [wrong, unlike]) assert.ok(!refused.text.includes(newPassword))
      const done = await follow(browser, await answer(browser, weak, changed({ code })))
      assert.deepEqual([titleIn(done), noticeIn(done)], ['Sign in', 'Your password was changed'])
      assert.match(done.text, /value="ana"/)
      assert.deepEqual(triggers.fired, ['CustomMessage_ForgotPassword', 'PostConfirmation_ConfirmForgotPassword'])
      assert.deepEqual(await sentTo(server(), poolId), [`forgot-password ${email}`])
      assert.ok(paramsIn(locationOf(await answer(browser, done, { username: 'ana', password: newPassword }))).get('code'))
      assert.equal(await isSignedIn(clientId, goodPassword), false)
    })

    it('take a code once, and the newest one only', async () => {
      const { poolId, clientId } = await givenAna()
      const { browser, page } = await ask(clientId)
      const first = await codeSentTo(server(), poolId, email)
      const resent = await follow(browser, await answer(browser, page, { action: 'resend' }))
      assert.equal(noticeIn(resent), 'We sent a new code.')
      const second = await codeSentTo(server(), poolId, email)
      assert.equal((await answer(browser, resent, changed({ code: first }))).status, 400)
      const step = browser.cookies.get(`cognito-step-${poolId}`) ?? ''
      assert.match(locationOf(await answer(browser, page, changed({ code: second }))), /^\/login\?/)
      browser.cookies.set(`cognito-step-${poolId}`, step)
      const again = await answer(browser, page, changed({ code: second, password: goodPassword, confirm_password: goodPassword }))
      assert.equal(again.status, 400)
      assert.equal(await isSignedIn(clientId, newPassword), true)
    })

    it('say when a code has expired, and stop those who guess', async () => {
      const { poolId, clientId } = await givenAna()
      const { browser, page } = await ask(clientId)
      const code = await codeSentTo(server(), poolId, email)
      for (let attempt = 0; attempt < 10; attempt++) await answer(browser, page, changed({ code: wrongCode(code) }))
      const locked = await answer(browser, page, changed({ code }))
      assert.deepEqual([locked.status, alertIn(locked)], [400, 'Too many attempts. Please wait a while and try again.'])
      assert.equal(await isSignedIn(clientId, goodPassword), true)
      server().clock.advance(61 * 60_000)
      assert.equal(alertIn(await answer(browser, page, changed({ code }))), 'This page has expired. Please try again.')
      assert.equal(titleIn(await browser.visit(`/confirmForgotPassword?${requestOf(clientId)}`)), 'Sign in')
    })

    it('do not tell which users exist where the client hides it', async () => {
      const { poolId, clientId } = await givenAna({ client: hiding })
      await givenUser(server(), poolId, 'dora')
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'dora' }))
      const shown = async (username: string) => {
        const { browser, page } = await ask(clientId, username)
        const wrong = await answer(browser, page, changed({ code: '000000' }))
        const texts = [page, wrong].map(({ text }) =>
          text
            .replaceAll(username, 'NAME')
            .replace(/name="(?:_csrf|step)" value="[^"]*"/g, '')
            // The address for a name that no user has is made up: it can be a phone number, too.
            .replace(/code to (?:[a-z\d]\*\*\*@[a-z\d]\*\*\*|\+\*+\d{4})\./, 'code to ADDRESS.'),
        )
        return { statuses: [page.status, wrong.status], alert: alertIn(wrong), texts }
      }
      const known = await shown('ana')
      assert.deepEqual([known.statuses, known.alert], [[200, 400], 'The code is not right. Check it and try again.'])
      assert.match(known.texts[0] ?? '', /code to ADDRESS\./)
      assert.deepEqual(await shown('nobody'), known)
      assert.deepEqual(await shown('dora'), known)
      assert.deepEqual(await sentTo(server(), poolId), [`forgot-password ${email}`])
    })

    it('lead users whose password has to be reset from the sign-in page to the code', async () => {
      const { poolId, clientId } = await givenAna()
      await server().send(new AdminResetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana' }))
      const browser = new TestBrowser(server())
      const sent = await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana')
      assert.equal(locationOf(sent), `/confirmForgotPassword?${requestOf(clientId)}`)
      const page = await follow(browser, sent)
      assert.match(page.text, /Enter the code that you received, or ask for a new one\./)
      const code = await codeSentTo(server(), poolId, email)
      assert.match(locationOf(await answer(browser, page, changed({ code }))), /^\/login\?/)
      const user = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.equal(user.UserStatus, 'CONFIRMED')
    })

    it('are not there where only administrators set passwords', async () => {
      const AccountRecoverySetting = { RecoveryMechanisms: [{ Name: 'admin_only' as const, Priority: 1 }] }
      const { clientId } = await givenAna({ pool: { AccountRecoverySetting } })
      const { browser, page } = await open('/login', clientId)
      assert.ok(!page.text.includes('/forgotPassword'))
      const path = `/forgotPassword?${requestOf(clientId)}`
      assert.equal((await browser.visit(path)).status, 404)
      assert.equal((await browser.submit(path, { ...hiddenFieldsIn(page), username: 'ana' })).status, 404)
    })

    it('know the name that the user typed before the password was asked for', async () => {
      const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } }
      const { clientId } = await givenAna({ pool: { Policies }, client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] } })
      const { browser, page } = await open('/login', clientId)
      const choice = await follow(browser, await answer(browser, page, { username: 'ana' }))
      const asked = await follow(browser, await answer(browser, choice, { factor: 'PASSWORD' }))
      assert.match(asked.text, /href="\/forgotPassword\?/)
      assert.match((await browser.visit(`/forgotPassword?${requestOf(clientId)}`)).text, /value="ana"/)
    })

    it('refuse forms of other sites, of other tabs and of other clients and pools', async () => {
      const { poolId, clientId } = await givenAna()
      const { browser, page } = await open('/forgotPassword', clientId)
      const foreign = await browser.submit(`/forgotPassword?${requestOf(clientId)}`, { username: 'ana' })
      assert.deepEqual([foreign.status, titleIn(foreign)], [400, 'Sign in'])
      assert.deepEqual(await sentTo(server(), poolId), [])
      const first = await follow(browser, await answer(browser, page, { username: 'ana' }))
      const code = await codeSentTo(server(), poolId, email)
      await answer(browser, page, { username: 'ana' })
      assert.equal(alertIn(await answer(browser, first, changed({ code }))), 'This page has expired. Please try again.')
      const second = await browser.visit(`/confirmForgotPassword?${requestOf(clientId)}`)
      const newest = await codeSentTo(server(), poolId, email)
      const stranger = await givenOAuthPool(server())
      const sibling = await givenClient(server(), poolId, codeClient)
      browser.cookies.set(`cognito-step-${stranger.poolId}`, browser.cookies.get(`cognito-step-${poolId}`) ?? '')
      for (const other of [stranger.clientId, sibling.clientId]) {
        const path = `/confirmForgotPassword?${requestOf(other)}`
        assert.equal(titleIn(await browser.visit(path)), 'Sign in')
        assert.equal((await browser.submit(path, { ...hiddenFieldsIn(second), ...changed({ code: newest }) })).status, 400)
      }
      assert.equal(await isSignedIn(clientId, goodPassword), true)
    })

    it('are where /.well-known/change-password leads', async () => {
      const { poolId, clientId } = await givenAna()
      const path = '/.well-known/change-password'
      const page = `/forgotPassword?${new URLSearchParams({ client_id: clientId, response_type: 'code', redirect_uri: callback })}`
      const main = new TestBrowser(server())
      assert.equal(locationOf(await main.visit(`${path}?client_id=${clientId}`)), page)
      for (const query of ['', '?client_id=unknown', '?client_id=%00', `?client_id=${'a'.repeat(1000)}`]) {
        assert.equal((await main.visit(path + query)).status, 404, query)
      }
      const Domain = `change-${poolId.slice(-9).toLowerCase()}`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain }))
      const domain = new TestBrowser(server(), `${Domain}.auth.localhost:9911`)
      assert.equal(locationOf(await domain.visit(path)), page)
      const stranger = await givenOAuthPool(server())
      assert.equal((await domain.visit(`${path}?client_id=${stranger.clientId}`)).status, 404)
      const second = await givenClient(server(), poolId, codeClient)
      assert.equal((await domain.visit(path)).status, 404)
      const ids = { UserPoolId: poolId, ClientId: second.clientId }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: 'STRICT' } })
      await callLifeguard(server(), 'SetUserPoolClientExtensions', { ...ids, PushedAuthorizationRequests: { Required: true } })
      assert.equal((await domain.visit(`${path}?client_id=${second.clientId}`)).status, 404)
      assert.equal(locationOf(await domain.visit(path)), page)
      assert.equal(titleIn(await domain.visit(page)), 'Reset your password')
    })
  })
}
