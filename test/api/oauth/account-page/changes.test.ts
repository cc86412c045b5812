import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminGetUserCommand, UpdateUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import {
  accountAt,
  act,
  actionsIn,
  anaEmail,
  everySection,
  givenAccountPool,
  redirectOf,
  signInToAccount,
} from '../../../support/account-page.ts'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { appOf, prefer, setMfa } from '../../../support/mfa.ts'
import { codeClient } from '../../../support/oauth.ts'
import { alertIn, errorsIn, fieldsIn, noticeIn, titleIn } from '../../../support/page-texts.ts'
import { codeSentTo, sentTo, wrongCode } from '../../../support/self-service.ts'
import { setSelfService } from '../../../support/self-service-switches.ts'
import { goodPassword, signInByPassword } from '../../../support/sign-in.ts'
import { agree } from '../../../support/sign-in-triggers.ts'
import { hiddenFieldsIn, TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { openTriggerEndpoint } from '../../../support/trigger-endpoint.ts'

const saved = 'Your changes were saved.'

for (const engine of engines) {
  describe(`Changes on the account page on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given(options: Parameters<typeof givenAccountPool>[1] = {}, attributes?: Parameters<typeof givenAccountPool>[2]) {
      const pool = await givenAccountPool(server(), options, attributes)
      const { browser } = await signInToAccount(server(), pool.clientId)
      return { ...pool, browser, at: (section: string) => accountAt(pool.clientId, section) }
    }
    async function userIn(poolId: string) {
      const { UserAttributes = [], ...user } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      return { ...user, attributes: Object.fromEntries(UserAttributes.map(({ Name = '', Value = '' }) => [Name, Value])) }
    }

    it('save attributes of the schema, by their rules, and remove empty ones', async () => {
      const Schema = [...everySection.pool.Schema, { Name: 'name', Required: true }]
      const attributes = { email: anaEmail, name: 'Ana', nickname: 'A', 'custom:level': '7' }
      const { poolId, browser, at } = await given({ pool: { Schema } }, attributes)
      const form = {
        'attribute[name]': 'Ana L.',
        'attribute[nickname]': '',
        'attribute[custom:team]': 'Blue',
        'attribute[custom:level]': '9',
      }
      assert.equal(noticeIn(await act(browser, at('profile'), 'save', form)), saved)
      const { attributes: after } = await userIn(poolId)
      // The attribute `level` cannot be changed, so the page has no field for it.
      assert.deepEqual([after['name'], after['nickname'], after['custom:team'], after['custom:level']], ['Ana L.', undefined, 'Blue', '7'])
      const wrong = await act(browser, at('profile'), 'save', { ...form, 'attribute[name]': '', 'attribute[birthdate]': 'soon' })
      assert.equal(wrong.status, 400)
      assert.match(wrong.text, /value="soon"/)
      const dated = await act(browser, at('profile'), 'save', { ...form, 'attribute[birthdate]': 'soon' })
      assert.deepEqual(errorsIn(dated), { 'attribute[birthdate]': 'Please check this field.' })
      assert.equal((await userIn(poolId)).attributes['name'], 'Ana L.')
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('show and take only what the client may read and write, and what is not locked', async () => {
      const attributes = { email: anaEmail, name: 'Ana', nickname: 'A', website: 'https://ana.test' }
      const { poolId, clientId, browser, at } = await given({}, attributes)
      const settings = { ...codeClient, UserPoolId: poolId, ClientId: clientId }
      const WriteAttributes = ['name', 'website', 'gender']
      await server().send(
        new UpdateUserPoolClientCommand({ ...settings, ReadAttributes: ['name', 'nickname', 'website'], WriteAttributes }),
      )
      await setSelfService(server(), poolId, { LockedAttributes: ['website'] })
      const page = await browser.visit(at('profile'))
      assert.deepEqual(fieldsIn(page), ['attribute[name]'])
      assert.doesNotMatch(page.text, /Gender|ana@example\.test<\/bdi>/)
      const form = { 'attribute[name]': 'Bo', 'attribute[nickname]': 'B', 'attribute[website]': 'https://b.test', 'attribute[gender]': 'x' }
      assert.equal(
        noticeIn(await act(browser, at('profile'), 'save', { ...form, 'attribute[sub]': 'x', 'attribute[email_verified]': 'true' })),
        saved,
      )
      const { attributes: after } = await userIn(poolId)
      assert.deepEqual([after['name'], after['nickname'], after['website'], after['gender']], ['Bo', 'A', 'https://ana.test', undefined])
    })

    it('verify a new e-mail address by a code, with the trigger and the messages of the API', async () => {
      const triggers = endpoint.given({ CustomMessage: agree, PreSignUp: agree, PostAuthentication: agree, PreTokenGeneration: agree })
      const pool = {
        AutoVerifiedAttributes: ['email' as const],
        UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email' as const] },
        LambdaConfig: triggers.lambdaConfig,
      }
      const { poolId, browser, at } = await given({ pool })
      triggers.clear()
      const changed = await act(browser, at('profile'), 'address', { attribute: 'email', contact: ' ana@new.test ' })
      assert.equal(noticeIn(changed), 'We sent a code to a***@n***.')
      assert.match(changed.text, /Enter the code that we sent to ana@new\.test/)
      assert.equal((await userIn(poolId)).attributes['email'], anaEmail)
      const code = await codeSentTo(server(), poolId, 'ana@new.test')
      const wrong = await act(browser, at('profile'), 'verify', { attribute: 'email', code: wrongCode(code) })
      assert.equal(alertIn(wrong), 'The code is not right. Check it and try again.')
      assert.equal(noticeIn(await act(browser, at('profile'), 'resend', { attribute: 'email' })), 'We sent a code to a***@n***.')
      const second = await codeSentTo(server(), poolId, 'ana@new.test')
      assert.equal(noticeIn(await act(browser, at('profile'), 'verify', { attribute: 'email', code: second })), saved)
      const { attributes } = await userIn(poolId)
      assert.deepEqual([attributes['email'], attributes['email_verified']], ['ana@new.test', 'true'])
      assert.deepEqual(triggers.fired, ['CustomMessage_UpdateUserAttribute', 'CustomMessage_VerifyUserAttribute'])
      assert.deepEqual(await sentTo(server(), poolId), ['update-attribute ana@new.test', 'verify-attribute ana@new.test'])
    })

    it('set a new password that ends the sessions of the user, but not the one in this browser', async () => {
      const { poolId, browser, at } = await given()
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Sessions: { EndOnPasswordChange: true } })
      const form = { current_password: goodPassword, password: 'Another-horse-8', confirm_password: 'Another-horse-8' }
      assert.equal(noticeIn(await act(browser, at('password'), 'change', form)), saved)
      assert.equal((await browser.visit(at('profile'))).status, 200)
    })

    it('set a new password for the one that the user types', async () => {
      const { poolId, clientId, browser, at } = await given({ client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] } })
      const twice = (password: string) => ({ password, confirm_password: password })
      const change = (form: Record<string, string>) => act(browser, at('password'), 'change', form)
      assert.deepEqual(errorsIn(await change({ current_password: 'wrong', ...twice('Another-horse-8') })), {
        current_password: 'The current password is not right.',
      })
      assert.deepEqual(errorsIn(await change({ current_password: goodPassword, ...twice('short') })), {
        password: 'The password does not meet the rules below.',
      })
      const differing = { current_password: goodPassword, password: 'Another-horse-8', confirm_password: 'other' }
      assert.equal(alertIn(await change(differing)), 'The two passwords are not the same.')
      const done = await change({ current_password: goodPassword, ...twice('Another-horse-8') })
      assert.equal(noticeIn(done), saved)
      assert.doesNotMatch(done.text, /Another-horse-8/)
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'NotAuthorizedException' })
      await signInByPassword(server(), clientId, 'ana', 'Another-horse-8')
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('set up an authenticator app, which the next proof needs, and choose among factors', async () => {
      const { poolId, browser, at, clientId } = await given()
      await setMfa(server(), poolId, 'OPTIONAL', ['totp', 'email'])
      const setup = await act(browser, at('factors'), 'app')
      assert.equal(titleIn(setup), 'Set up your authenticator app')
      const secret = /<code class="key">([^<]+)</.exec(setup.text)?.[1]?.replaceAll(' ', '') ?? ''
      assert.match(setup.text, /<svg /)
      const app = appOf(server(), secret)
      const wrong = await act(browser, at('factors'), 'verify-app', { code: wrongCode(app.code()) })
      assert.equal(alertIn(wrong), 'The code is not right. Check it and try again.')
      assert.ok(wrong.text.replaceAll(' ', '').includes(secret))
      const done = await act(browser, at('factors'), 'verify-app', { code: app.code(), device_name: 'Phone' })
      assert.equal(noticeIn(done), saved)
      assert.ok(!done.text.includes(secret))
      assert.deepEqual((await userIn(poolId)).UserMFASettingList, ['SOFTWARE_TOKEN_MFA'])
      // From now on the user has a second factor, which this session has not proven.
      const login = redirectOf(await act(browser, at('factors'), 'enable', { method: 'EMAIL_OTP' }))
      assert.match(login, /prompt=login/)
      server().clock.advance(30_000)
      const challenge = redirectOf(await browser.submitLogin(login, 'ana'))
      const code = /name="step" value="([^"]+)"/.exec((await browser.visit(challenge)).text)?.[1] ?? ''
      const answered = await browser.submit(challenge, { _csrf: browser.cookies.get('XSRF-TOKEN') ?? '', step: code, code: app.code() })
      assert.equal(redirectOf(answered), accountAt(clientId, 'factors'))
      assert.equal(noticeIn(await act(browser, at('factors'), 'prefer', { method: 'EMAIL_OTP' })), saved)
      assert.equal(noticeIn(await act(browser, at('factors'), 'disable', { method: 'SOFTWARE_TOKEN_MFA' })), saved)
      const { UserMFASettingList, PreferredMfaSetting } = await userIn(poolId)
      assert.deepEqual([UserMFASettingList, PreferredMfaSetting], [['EMAIL_OTP'], 'EMAIL_OTP'])
      assert.equal((await act(browser, at('factors'), 'enable', { method: 'NOTHING' })).status, 404)
    })

    it('make recovery codes, which only the answer shows, for a user with a second factor', async () => {
      const { poolId, at, browser: withoutFactor } = await given()
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, RecoveryCodes: { Enabled: true } })
      await setMfa(server(), poolId, 'OPTIONAL', ['email'])
      assert.doesNotMatch((await withoutFactor.visit(at('factors'))).text, /Recovery codes/)
      assert.equal((await act(withoutFactor, at('factors'), 'recovery-codes')).status, 400)
      await prefer(server(), poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      const browser = new TestBrowser(server())
      const challenge = redirectOf(await browser.submitLogin(redirectOf(await browser.visit(at('factors'))), 'ana'))
      const fields = hiddenFieldsIn(await browser.visit(challenge))
      await browser.submit(challenge, { ...fields, code: await codeSentTo(server(), poolId, anaEmail) })
      const shown = await act(browser, at('factors'), 'recovery-codes')
      const codes = [...shown.text.matchAll(/<code class="key">([^<]+)</g)].map(([, code]) => code)
      assert.equal(new Set(codes).size, 10)
      assert.match(codes[0] ?? '', /^[0-9A-Z]{5}-[0-9A-Z]{5}$/)
      const page = await browser.visit(at('factors'))
      assert.match(page.text, /Codes left<\/dt><dd><bdi>10</)
      assert.ok(codes.every((code) => !page.text.includes(code ?? '')))
      await setSelfService(server(), poolId, { Operations: { CreateRecoveryCodes: { Allowed: false } } })
      assert.equal((await act(browser, at('factors'), 'recovery-codes')).status, 404)
      assert.ok(!actionsIn(await browser.visit(at('factors'))).includes('recovery-codes'))
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${anaEmail}`])
    })

    it('delete the account once it is confirmed, and end the session', async () => {
      const { poolId, browser, at } = await given()
      const unconfirmed = await act(browser, at('delete'), 'delete')
      assert.equal(alertIn(unconfirmed), 'Please confirm the deletion first.')
      assert.equal((await userIn(poolId)).Username, 'ana')
      const done = await act(browser, at('delete'), 'delete', { confirmed: 'true' })
      assert.equal(titleIn(done), 'Your account was deleted')
      await assert.rejects(userIn(poolId), { name: 'UserNotFoundException' })
      assert.equal(browser.cookies.has(`cognito-${poolId}`), false)
    })

    it('are not offered and not taken where a switch forbids them', async () => {
      const { poolId, browser, at } = await given()
      const Operations = Object.fromEntries(
        (['DeleteUser', 'ChangePassword', 'UpdateUserAttributes', 'GlobalSignOut', 'RevokeUserSession', 'UnlinkProvider'] as const).map(
          (name) => [name, { Allowed: false }],
        ),
      )
      await setSelfService(server(), poolId, { Operations })
      const overview = await browser.visit(at(''))
      assert.doesNotMatch(overview.text, /Delete your account|>Password</)
      for (const [section, action] of [
        ['delete', 'delete'],
        ['password', 'change'],
        ['profile', 'save'],
        ['profile', 'address'],
        ['sessions', 'end-all'],
        ['sessions', 'revoke'],
        ['links', 'unlink'],
      ] as const) {
        assert.equal((await act(browser, at(section), action, { confirmed: 'true' })).status, 404, action)
      }
      assert.deepEqual(actionsIn(await browser.visit(at('profile'))), [])
      assert.deepEqual(actionsIn(await browser.visit(at('sessions'))), ['end-here'])
      assert.equal((await userIn(poolId)).Username, 'ana')
      await setSelfService(server(), poolId, { Operations: { GetUser: { Allowed: false } } })
      for (const section of ['profile', 'data']) assert.equal((await browser.visit(at(section))).status, 404, section)
    })

    it('ask for a proof where a switch wants one, also of what is not sensitive', async () => {
      const { poolId, browser, at } = await given()
      await setSelfService(server(), poolId, { Operations: { UpdateUserAttributes: { MaxAuthAgeMinutes: 1 } } })
      assert.equal(noticeIn(await act(browser, at('profile'), 'save', { 'attribute[name]': 'Ana' })), saved)
      server().clock.advance(61_000)
      assert.match(redirectOf(await act(browser, at('profile'), 'save', { 'attribute[name]': 'Bo' })), /prompt=login/)
      await setSelfService(server(), poolId, { Operations: { GetUser: { MaxAuthAgeMinutes: 1 } } })
      for (const section of ['profile', 'data']) assert.match(redirectOf(await browser.visit(at(section))), /prompt=login/, section)
      // A second factor is wanted of a user who has none: no sign-in could bring it.
      await setSelfService(server(), poolId, { Operations: { DeleteUser: { SecondFactor: true } } })
      assert.equal((await act(browser, at('delete'), 'delete', { confirmed: 'true' })).status, 404)
      assert.equal((await userIn(poolId)).attributes['name'], 'Ana')
    })
  })
}
