import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminGetUserCommand,
  AdminListDevicesCommand,
  AdminListUserAuthEventsCommand,
  AdminUpdateUserAttributesCommand,
  GetUserCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { accountSections } from '../../../../src/oauth/account-page/account-target.ts'
import { accountAt, act, everySection, fieldOfEntry, givenFullAccount, linkAtGoogle, redirectOf } from '../../../support/account-page.ts'
import { engines } from '../../../support/engines.ts'
import { alertIn } from '../../../support/page-texts.ts'
import { passkeysOf, registerPasskey } from '../../../support/passkeys.ts'
import { attributeList, sentTo } from '../../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword } from '../../../support/sign-in.ts'
import { hiddenFieldsIn, TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

const passwords = { password: 'Another-horse-8', confirm_password: 'Another-horse-8' }

/** Every action of the page that needs a fresh proof, with a form that could succeed. */
const sensitive: readonly (readonly [section: string, action: string, form: Readonly<Record<string, string>>])[] = [
  ['profile', 'address', { attribute: 'email', contact: 'thief@example.test' }],
  ['profile', 'verify', { attribute: 'email', code: '123456' }],
  ['profile', 'resend', { attribute: 'email' }],
  ['factors', 'app', {}],
  ['factors', 'verify-app', { code: '123456' }],
  ['factors', 'enable', { method: 'EMAIL_OTP' }],
  ['factors', 'disable', { method: 'EMAIL_OTP' }],
  ['factors', 'recovery-codes', {}],
  ['factors', 'prefer', { method: 'EMAIL_OTP' }],
  ['passkeys', 'add', { credential: '{}' }],
  ['passkeys', 'remove', { id: 'x' }],
  ['passkeys', 'rename', { id: 'x', name: 'Mine' }],
  ['devices', 'forget', { id: 'x' }],
  ['devices', 'distrust', { id: 'x' }],
  ['sessions', 'revoke', { id: 'x' }],
  ['sessions', 'end-browser', { id: 'x' }],
  ['sessions', 'end-all', {}],
  ['links', 'unlink', { id: 'x' }],
  ['history', 'valid', { id: 'x' }],
  ['history', 'invalid', { id: 'x' }],
  ['data', 'download', {}],
  ['delete', 'delete', { confirmed: 'true' }],
]

for (const engine of engines) {
  describe(`Attacks on the account page on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function given() {
      const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const, 'ALLOW_USER_AUTH' as const] }
      const pool = await givenFullAccount(server(), { client: { ...everySection.client, ...client } })
      const { browser } = await signInWith(pool.clientId)
      return { ...pool, browser, at: (section: string) => accountAt(pool.clientId, section) }
    }
    /** These clients ask for the name first. */
    async function signInWith(clientId: string, username = 'ana') {
      const browser = new TestBrowser(server())
      const login = redirectOf(await browser.visit(accountAt(clientId)))
      const asked = redirectOf(await browser.submitLogin(login, username))
      const page = await browser.visit(asked)
      const { action: _, ...fields } = hiddenFieldsIn(page)
      const next = redirectOf(await browser.submit(asked, { ...fields, password: goodPassword }))
      return { browser, next }
    }
    const userIn = (UserPoolId: string, Username = 'ana') => server().send(new AdminGetUserCommand({ UserPoolId, Username }))
    const strip = ({ $metadata: _, ...user }: Awaited<ReturnType<typeof userIn>>) => user

    it('a stolen cookie without a fresh proof changes nothing sensitive, and gives no data away', async () => {
      const { poolId, browser, at } = await given()
      const before = strip(await userIn(poolId))
      server().clock.advance(601_000)
      for (const [section, action, form] of sensitive) {
        const reply = await act(browser, at(section), action, form)
        assert.equal(reply.status, 303, `${section} ${action}`)
        assert.match(redirectOf(reply), /^\/login\?client_id=\w+&account_page=\w+&prompt=login$/)
      }
      assert.deepEqual(strip(await userIn(poolId)), before)
      assert.deepEqual(await sentTo(server(), poolId), [])
      const wrong = await act(browser, at('password'), 'change', { current_password: 'guessed', ...passwords })
      assert.equal(wrong.status, 400)
    })

    it('a form of another site changes nothing', async () => {
      const { poolId, browser, at } = await given()
      const before = strip(await userIn(poolId))
      const foreign: readonly (readonly [form: Record<string, string>, headers: Record<string, string>])[] = [
        [{ _csrf: '' }, {}],
        [{ _csrf: 'x'.repeat(43) }, {}],
        [{}, { 'sec-fetch-site': 'cross-site' }],
        [{}, { 'sec-fetch-site': 'same-site' }],
      ]
      const all = [...sensitive, ['profile', 'save', { 'attribute[name]': 'Mallory' }], ['sessions', 'end-here', {}]] as typeof sensitive
      for (const [section, action, form] of all) {
        for (const [more, headers] of foreign) {
          const reply = await act(browser, at(section), action, { ...form, ...more }, headers)
          assert.equal(reply.status, 400, `${section} ${action}`)
          assert.equal(alertIn(reply), 'This page has expired. Please try again.')
        }
      }
      assert.deepEqual(strip(await userIn(poolId)), before)
      assert.equal((await browser.visit(at(''))).status, 200)
    })

    it('a link changes nothing, and neither do other methods and unknown actions', async () => {
      const { poolId, browser, at } = await given()
      const before = strip(await userIn(poolId))
      for (const [section, action, form] of sensitive) {
        const query = new URLSearchParams({ ...form, action, _csrf: browser.cookies.get('XSRF-TOKEN') ?? '' })
        assert.equal((await browser.visit(`${at(section)}&${query}`)).status, 200, section)
      }
      for (const action of ['', 'toString', '__proto__', 'constructor', 'delete ']) {
        assert.equal((await act(browser, at('delete'), action, { confirmed: 'true' })).status, 404, action)
      }
      assert.deepEqual(strip(await userIn(poolId)), before)
    })

    it('the ids of another user lead nowhere', async () => {
      const { poolId, clientId, browser, at } = await given()
      await givenUser(server(), poolId, 'ben', { attributes: attributeList({ email: 'ben@example.test', email_verified: 'true' }) })
      await linkAtGoogle(server(), poolId, 'ben', 'ben-at-google')
      await linkAtGoogle(server(), poolId, 'ben', 'ben-once-more')
      const { accessToken } = await givenTokens(server(), clientId, 'ben')
      const { browser: ofBen } = await signInWith(clientId, 'ben')
      // With a passkey, the pages would ask Ben which way to sign in.
      await registerPasskey(server(), accessToken, {}, server().url.replace('127.0.0.1', 'localhost'))
      const before = strip(await userIn(poolId, 'ben'))
      const ids = {
        session: fieldOfEntry(await ofBen.visit(at('sessions')), '<h3>oauth</h3>'),
        device: fieldOfEntry(await ofBen.visit(at('devices')), 'this device'),
        identity: fieldOfEntry(await ofBen.visit(at('links')), 'Google'),
        event: fieldOfEntry(await ofBen.visit(at('history')), 'successful'),
      }
      const attempts = [
        ['sessions', 'revoke', ids.session],
        ['sessions', 'end-browser', ids.session],
        ['devices', 'forget', ids.device],
        ['devices', 'distrust', ids.device],
        ['links', 'unlink', ids.identity],
        ['history', 'invalid', ids.event],
        ['passkeys', 'remove', (await passkeysOf(server(), accessToken))[0] ?? ''],
      ] as const
      for (const [section, action, id] of attempts) {
        assert.notEqual(id, '', action)
        assert.equal((await act(browser, at(section), action, { id })).status, 404, `${section} ${action}`)
      }
      assert.deepEqual(strip(await userIn(poolId, 'ben')), before)
      await server().send(new GetUserCommand({ AccessToken: accessToken }))
      assert.equal((await passkeysOf(server(), accessToken)).length, 1)
      assert.equal((await server().send(new AdminListDevicesCommand({ UserPoolId: poolId, Username: 'ben' }))).Devices?.length, 1)
      const { AuthEvents = [] } = await server().send(new AdminListUserAuthEventsCommand({ UserPoolId: poolId, Username: 'ben' }))
      assert.ok(AuthEvents.every(({ EventFeedback }) => EventFeedback === undefined))
    })

    it('a form that was opened for one user does not change the account of the next one in the browser', async () => {
      const { poolId, clientId, browser, at } = await given()
      await givenUser(server(), poolId, 'ben')
      const fields = hiddenFieldsIn(await browser.visit(at('delete')))
      const login = `/login?client_id=${clientId}&account_page=profile`
      const asked = redirectOf(await browser.submitLogin(login, 'ben'))
      const { action: _, ...step } = hiddenFieldsIn(await browser.visit(asked))
      await browser.submit(asked, { ...step, password: goodPassword })
      const reply = await browser.submit(at('delete'), { ...fields, confirmed: 'true' })
      assert.equal(reply.status, 400)
      assert.equal(alertIn(reply), 'This page has expired. Please try again.')
      for (const name of ['ana', 'ben']) assert.equal((await userIn(poolId, name)).Username, name)
    })

    it('no page can be framed, kept or made to run a script', async () => {
      const { poolId, browser, at } = await given()
      const name = '<script>alert(1)</script>"\'>'
      const UserAttributes = attributeList({ name, 'custom:team': name })
      await server().send(new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: 'ana', UserAttributes }))
      for (const section of accountSections) {
        const { status, headers, text } = await browser.visit(at(section === 'overview' ? '' : section))
        assert.equal(status, 200, section)
        assert.equal(headers.get('x-frame-options'), 'DENY', section)
        const policy = headers.get('content-security-policy') ?? ''
        assert.match(policy, /^default-src 'none';.*form-action 'self'; frame-ancestors 'none'$/, section)
        assert.doesNotMatch(policy, /unsafe|script-src (?!'self';)/, section)
        assert.equal(headers.get('cache-control'), 'no-store', section)
        assert.equal(headers.get('referrer-policy'), 'no-referrer', section)
        assert.doesNotMatch(text, /<script>alert|style="|onclick/, section)
      }
    })

    it('inputs have limits', async () => {
      const { poolId, browser, at } = await given()
      const before = strip(await userIn(poolId))
      const long = 'x'.repeat(100_000)
      for (const [section, action, form] of [
        ['profile', 'save', { 'attribute[name]': long }],
        ['profile', 'address', { attribute: 'email', contact: `${long}@example.test` }],
        ['profile', 'address', { attribute: 'custom:team', contact: 'x' }],
        ['profile', 'verify', { attribute: 'email', code: long }],
        ['password', 'change', { current_password: long, password: long, confirm_password: long }],
        ['factors', 'verify-app', { code: '123456', device_name: long }],
        ['sessions', 'revoke', { id: long }],
        ['devices', 'forget', { id: long }],
        ['passkeys', 'remove', { id: long }],
        ['passkeys', 'add', { credential: JSON.stringify({ id: long }) }],
        ['passkeys', 'add', { credential: '[]' }],
        ['passkeys', 'add', { credential: 'null' }],
      ] as const) {
        const { status, text } = await act(browser, at(section), action, form)
        assert.ok([400, 404, 413].includes(status), `${section} ${action}: ${status}`)
        // The words about a wrong value do not repeat all of it.
        assert.ok(text.length < 140_000, `${section} ${action}: ${text.length}`)
      }
      for (const [section, id] of [
        ['links', long],
        ['history', long],
        ['history', `a'b`],
        ['history', ''],
      ] as const) {
        const action = section === 'links' ? 'unlink' : 'invalid'
        assert.equal((await act(browser, at(section), action, { id })).status, 404, section)
      }
      assert.equal((await act(browser, at('profile'), 'save', { 'attribute[name]': 'x'.repeat(200_000) })).status, 413)
      assert.deepEqual(strip(await userIn(poolId)), before)
    })
  })
}
