import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminGetUserCommand, AdminListUserSessionsCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, anaEmail, anaForm, givenVerifyingPool, goodForm } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { giveAttributes, prefer, setMfa } from '../../support/mfa.ts'
import { callback, givenOAuthPool, type Reply, requestToken } from '../../support/oauth.ts'
import { alertIn, noticeIn, titleIn } from '../../support/page-texts.ts'
import { openConnection } from '../../support/raw-connection.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { track } from '../tokens/sessions/session-calls.ts'

const noCookie = 'This browser did not keep our cookie. Allow cookies for this site and try again.'
const expired = 'This page has expired. Please try again.'
const newPassword = goodForm({ password: 'Better-horse-8', confirm_password: 'Better-horse-8' })

for (const engine of engines) {
  describe(`The forms of the pages on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { open, answer, follow, requestOf } = accountPages(server)
    const givenPool = () => givenVerifyingPool(server())

    /** A browser at each form of the pages, and what a user fills in. */
    async function givenForms() {
      const { poolId, clientId } = await givenPool()
      await givenUser(server(), poolId, 'ben', { attributes: [{ Name: 'email', Value: 'ben@example.test' }] })
      await giveAttributes(server(), poolId, 'ben', { email: 'ben@example.test', email_verified: 'true' })
      const login = await open('/login', clientId)
      const signUp = await open('/signup', clientId)
      const forgot = await open('/forgotPassword', clientId)
      const reset = await open('/forgotPassword', clientId)
      const resetPage = await follow(reset.browser, await answer(reset.browser, reset.page, { username: 'ben' }))
      const resetCode = await codeSentTo(server(), poolId, 'ben@example.test')
      const confirm = await open('/signup', clientId)
      const confirmPage = await follow(confirm.browser, await answer(confirm.browser, confirm.page, anaForm({ username: 'cem' })))
      const confirmCode = await codeSentTo(server(), poolId, anaEmail)
      const forms = {
        '/login': { ...login, form: { username: 'ben', password: goodPassword } },
        '/signup': { ...signUp, form: anaForm() },
        '/forgotPassword': { ...forgot, form: { username: 'ben' } },
        '/confirmForgotPassword': { browser: reset.browser, page: resetPage, form: { ...newPassword, code: resetCode } },
        '/confirm': { browser: confirm.browser, page: confirmPage, form: { code: confirmCode } },
        '/resendcode': { browser: confirm.browser, page: confirmPage, form: {} },
      }
      return { poolId, clientId, forms: Object.entries(forms), ...forms }
    }
    const submit = (browser: TestBrowser, path: string, clientId: string, page: Reply, form: Readonly<Record<string, string>>) =>
      browser.submit(`${path}?${requestOf(clientId)}`, { ...hiddenFieldsIn(page), ...form })

    it('say that the browser keeps no cookies, and do nothing', async () => {
      const { poolId, clientId, forms } = await givenForms()
      const before = await sentTo(server(), poolId)
      for (const [path, { page, form }] of forms) {
        const reply = await submit(new TestBrowser(server()), path, clientId, page, form)
        assert.deepEqual([reply.status, alertIn(reply)], [400, noCookie], path)
        assert.ok(!reply.headers.getSetCookie().some((cookie) => cookie.startsWith('cognito')), path)
      }
      assert.deepEqual(await sentTo(server(), poolId), before)
      const { Users = [] } = await server().send(new ListUsersCommand({ UserPoolId: poolId }))
      assert.deepEqual(Users.map(({ Username }) => Username).sort(), ['ben', 'cem'])
    })

    it('say that the page has expired when the token is that of another browser, and do nothing', async () => {
      const { poolId, clientId, forms } = await givenForms()
      const before = await sentTo(server(), poolId)
      for (const [path, { page, form }] of forms) {
        const { browser } = await open('/login', clientId)
        const reply = await submit(browser, path, clientId, page, form)
        assert.deepEqual([reply.status, alertIn(reply)], [400, expired], path)
      }
      assert.deepEqual(await sentTo(server(), poolId), before)
    })

    it('are refused when they are sent byte by byte and end early, and do nothing', async () => {
      const { poolId, clientId, forms } = await givenForms()
      const before = await sentTo(server(), poolId)
      for (const [path, { browser, page, form }] of forms) {
        const body = new URLSearchParams({ ...hiddenFieldsIn(page), ...form }).toString()
        const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
        const head = `POST ${path}?${requestOf(clientId)} HTTP/1.1\r\nhost: localhost\r\ncookie: ${cookie}\r\nconnection: close\r\n`
        using connection = openConnection(server().url)
        connection.send(`${head}content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length + 1}\r\n\r\n`)
        for (const byte of body) connection.send(byte)
        connection.socket.end()
        assert.doesNotMatch(await connection.ended(), /^HTTP\/1\.1 (?:2|302)/, path)
      }
      assert.deepEqual(await sentTo(server(), poolId), before)
      const { Users = [] } = await server().send(new ListUsersCommand({ UserPoolId: poolId }))
      assert.deepEqual(Users.map(({ Username }) => Username).sort(), ['ben', 'cem'])
    })

    it('make one user of a sign-up that is sent twice at the same time, and send one code', async () => {
      const { poolId, clientId } = await givenPool()
      const { browser, page } = await open('/signup', clientId)
      const replies = await Promise.all([1, 2].map(() => answer(browser, page, anaForm())))
      assert.deepEqual(replies.map(({ status }) => status).sort(), [302, 400])
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${anaEmail}`])
      const { Users = [] } = await server().send(new ListUsersCommand({ UserPoolId: poolId }))
      assert.equal(Users.length, 1)
    })

    it('take a code once when it is sent twice at the same time, and after the way back in the browser', async () => {
      const { poolId, clientId, ...forms } = await givenForms()
      const confirm = forms['/confirm']
      const confirmed = await Promise.all([1, 2].map(() => answer(confirm.browser, confirm.page, confirm.form)))
      for (const reply of confirmed) assert.ok(reply.status === 302 || reply.status === 400, String(reply.status))
      assert.ok(confirmed.some(({ status }) => status === 302))
      assert.equal((await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'cem' }))).UserStatus, 'CONFIRMED')
      const reset = forms['/confirmForgotPassword']
      const done = await Promise.all([1, 2].map(() => answer(reset.browser, reset.page, reset.form)))
      assert.deepEqual(done.map(({ status }) => status).sort(), [302, 400])
      for (const { browser, page, form } of [confirm, reset]) {
        const back = await answer(browser, page, form)
        assert.ok(back.status === 400 || /^\/(?:login|confirm)/.test(locationOf(back)), back.text)
        assert.ok(!back.headers.getSetCookie().some((cookie) => /^cognito-[^s]/.test(cookie)), 'The code signs no user in.')
      }
      assert.equal((await new TestBrowser(server()).submitLogin(`/login?${requestOf(clientId)}`, 'ben', 'Better-horse-8')).status, 302)
    })

    it('sign the user in twice when the sign-in is sent twice, and the browser keeps one session', async () => {
      const { clientId, ...forms } = await givenForms()
      const { browser, page, form } = forms['/login']
      const codes = await Promise.all([1, 2].map(async () => paramsIn(locationOf(await answer(browser, page, form))).get('code')))
      assert.equal(new Set(codes).size, 2)
      const again = await browser.visit(`/oauth2/authorize?${requestOf(clientId)}`)
      assert.ok(paramsIn(locationOf(again)).get('code'))
    })

    it('lead back from the form of the other tab, whose step was replaced', async () => {
      const { poolId, clientId } = await givenPool()
      const { browser, page } = await open('/signup', clientId)
      const first = await follow(browser, await answer(browser, page, anaForm()))
      const second = await browser.visit(`/signup?${requestOf(clientId)}`)
      await answer(browser, second, anaForm({ username: 'ben', 'requiredAttributes[email]': 'ben@example.test' }))
      const code = await codeSentTo(server(), poolId, anaEmail)
      const reply = await answer(browser, first, { code })
      assert.equal(reply.status, 400)
      assert.deepEqual([titleIn(reply), alertIn(reply)], ['Sign in', expired])
      assert.equal((await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))).UserStatus, 'UNCONFIRMED')
    })
  })

  describe(`Pages of a pool that suppresses messages, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { open, answer, follow } = accountPages(server)
    const suppress = (poolId: string, kinds: readonly string[]) =>
      callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: { Suppress: kinds } })
    async function readCode(poolId: string, kind: string): Promise<string> {
      const { Messages } = await callLifeguard(server(), 'ListMessages', { UserPoolId: poolId })
      const { MessageId } = Messages.find(({ Kind }: { Kind: string }) => Kind === kind)
      return (await callLifeguard(server(), 'ReadMessageCode', { UserPoolId: poolId, MessageId })).Code
    }

    it('send nothing at a sign-up and for a new code, and take the codes that were held back', async () => {
      const { poolId, clientId } = await givenVerifyingPool(server())
      await suppress(poolId, ['SignUp', 'ResendCode'])
      const { browser, page } = await open('/signup', clientId)
      const asked = await follow(browser, await answer(browser, page, anaForm()))
      assert.equal(titleIn(asked), 'Confirm your account')
      const first = await readCode(poolId, 'SignUp')
      const resent = await browser.submit(
        /action="(\/resendcode[^"]*)"/.exec(asked.text)?.[1]?.replaceAll('&amp;', '&') ?? '',
        hiddenFieldsIn(asked),
      )
      const again = await follow(browser, resent)
      assert.equal(noticeIn(again), 'We sent a new code.')
      assert.deepEqual(await sentTo(server(), poolId), [])
      const second = await readCode(poolId, 'ResendCode')
      assert.equal((await answer(browser, again, { code: second === first ? '' : first })).status, 400)
      assert.match(locationOf(await answer(browser, again, { code: second })), /^\/login/)
    })

    it('send nothing for a forgotten password, and take the code that was held back', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      await givenUser(server(), poolId, 'ana')
      await giveAttributes(server(), poolId, 'ana', { email: anaEmail, email_verified: 'true' })
      await suppress(poolId, ['ForgotPassword'])
      const { browser, page } = await open('/forgotPassword', clientId)
      const asked = await follow(browser, await answer(browser, page, { username: 'ana' }))
      assert.deepEqual(await sentTo(server(), poolId), [])
      assert.match(locationOf(await answer(browser, asked, { ...newPassword, code: await readCode(poolId, 'ForgotPassword') })), /^\/login/)
    })

    it('send nothing for the code of a second factor, and take the code that was held back', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      await setMfa(server(), poolId, 'OPTIONAL', ['email'])
      await givenUser(server(), poolId, 'ana')
      await giveAttributes(server(), poolId, 'ana', { email: anaEmail, email_verified: 'true' })
      await prefer(server(), poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      await suppress(poolId, ['Authentication'])
      const { browser, page } = await open('/login', clientId)
      const asked = await follow(browser, await answer(browser, page, { username: 'ana', password: goodPassword }))
      assert.equal(titleIn(asked), 'Enter the code')
      assert.deepEqual(await sentTo(server(), poolId), [])
      assert.ok(paramsIn(locationOf(await answer(browser, asked, { code: await readCode(poolId, 'Authentication') }))).get('code'))
    })
  })

  describe(`The limit of tracked sessions and the pages, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { requestOf } = accountPages(server)

    it('ends the session whose last use is longest ago when the code of another browser is redeemed', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      await givenUser(server(), poolId, 'ana')
      await track(server(), poolId, 'ENABLED', 2)
      const tokens: string[] = []
      for (let at = 0; at < 3; at++) {
        const reply = await new TestBrowser(server()).submitLogin(`/login?${requestOf(clientId)}`, 'ana')
        const code = paramsIn(locationOf(reply)).get('code') ?? ''
        const grant = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code }
        tokens.push(String((await requestToken(server(), grant)).body['refresh_token']))
        server().clock.advance(1000)
      }
      const { Sessions = [] } = await server().send(new AdminListUserSessionsCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.equal(Sessions.length, 2)
      const refresh = (refresh_token: string) => requestToken(server(), { grant_type: 'refresh_token', client_id: clientId, refresh_token })
      const statuses = []
      for (const token of tokens) statuses.push((await refresh(token)).status)
      assert.deepEqual(statuses, [400, 200, 200])
    })
  })
}
