import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminUserGlobalSignOutCommand,
  CreateUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callback, codeClient, encode, givenClient, givenOAuthPool } from '../../support/oauth.ts'
import { givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { csrfTokenIn, formActionIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const requestOf = (clientId: string, more: Readonly<Record<string, string>> = {}) =>
  encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', state: 's', ...more })

for (const engine of engines) {
  describe(`The sign-in page on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(options = {}) {
      const given = await givenOAuthPool(server(), options)
      await givenUser(server(), given.poolId, 'ana')
      return given
    }

    it('can be opened directly, and signs in', async () => {
      const { clientId } = await givenAna()
      const answer = await new TestBrowser(server()).submitLogin(`/login?${requestOf(clientId)}`, 'ana')
      assert.match(locationOf(answer), /^https:\/\/app\.test\/callback\?code=[\w-]+&state=s$/)
    })

    it('refuses what the authorization endpoint refuses, also when the form is sent', async () => {
      const { clientId } = await givenAna()
      const browser = new TestBrowser(server())
      const page = await browser.visit(`/login?${requestOf(clientId)}`)
      const form = { _csrf: csrfTokenIn(page), username: 'ana', password: goodPassword }
      const evil = requestOf(clientId, { redirect_uri: 'https://evil.test/' })
      assert.equal(locationOf(await browser.visit(`/login?${evil}`)), `/error?error=redirect_mismatch&client_id=${clientId}`)
      assert.equal(locationOf(await browser.submit(`/login?${evil}`, form)), `/error?error=redirect_mismatch&client_id=${clientId}`)
      const scope = requestOf(clientId, { scope: 'nothing' })
      assert.equal(paramsIn(locationOf(await browser.submit(`/login?${scope}`, form))).get('error'), 'invalid_scope')
    })

    it('has headers that keep other sites, scripts and referrers away', async () => {
      const { clientId } = await givenAna()
      const { headers } = await new TestBrowser(server()).visit(`/login?${requestOf(clientId)}`)
      const policy = headers.get('content-security-policy') ?? ''
      for (const part of ["default-src 'none'", "base-uri 'none'", "form-action 'self' https:;", "frame-ancestors 'none'"]) {
        assert.ok(policy.includes(part), part)
      }
      assert.ok(!policy.includes('script-src'))
      assert.equal(headers.get('x-frame-options'), 'DENY')
      assert.equal(headers.get('referrer-policy'), 'no-referrer')
      assert.equal(headers.get('cache-control'), 'no-store')
    })

    it('escapes the query and the name that it shows again', async () => {
      const { clientId } = await givenAna()
      const hint = `"><script>alert(1)</script>`
      const { text } = await new TestBrowser(server()).visit(
        `/login?${requestOf(clientId, { login_hint: hint, state: hint })}&x="><script>`,
      )
      assert.ok(!text.includes('<script'))
      assert.ok(text.includes('value="&quot;&gt;&lt;script&gt;'))
    })

    it('refuses a form without the token of the browser, and one that a page of another site sends', async () => {
      const { clientId } = await givenAna()
      const path = `/login?${requestOf(clientId)}`
      const form = { username: 'ana', password: goodPassword }
      const browser = new TestBrowser(server())
      const token = csrfTokenIn(await browser.visit(path))
      const foreign = csrfTokenIn(await new TestBrowser(server()).visit(path))
      const refused = [
        await browser.submit(path, form),
        await browser.submit(path, { ...form, _csrf: foreign }),
        await browser.submit(path, { ...form, _csrf: token }, { 'sec-fetch-site': 'cross-site' }),
        await browser.submit(path, { ...form, _csrf: token }, { 'sec-fetch-site': 'same-site' }),
        await new TestBrowser(server()).submit(path, { ...form, _csrf: token }),
      ]
      for (const { status, text, headers } of refused) {
        assert.equal(status, 400)
        assert.match(text, /This page has expired\. Please try again\.|This browser did not keep our cookie\./)
        assert.ok(!headers.getSetCookie().some((cookie) => cookie.includes('cognito')))
      }
      assert.match(locationOf(await browser.submit(path, { ...form, _csrf: token }, { 'sec-fetch-site': 'same-origin' })), /code=/)
    })

    it('keeps the form of one tab valid when another tab opens the page', async () => {
      const { clientId } = await givenAna()
      const browser = new TestBrowser(server())
      const first = await browser.visit(`/login?${requestOf(clientId)}`)
      await browser.visit(`/login?${requestOf(clientId)}`)
      const form = { _csrf: csrfTokenIn(first), username: 'ana', password: goodPassword }
      assert.match(locationOf(await browser.submit(formActionIn(first), form)), /code=/)
    })

    it('shows why a sign-in was refused, and keeps the name', async () => {
      const { poolId, clientId } = await givenAna({ client: { PreventUserExistenceErrors: 'ENABLED' } })
      await givenUser(server(), poolId, 'dora')
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'dora' }))
      const path = `/login?${requestOf(clientId)}`
      const cases = [
        ['ana', 'Wrong-horse-7', 'Incorrect username or password.'],
        ['nobody', goodPassword, 'Incorrect username or password.'],
        ['dora', goodPassword, 'This account cannot sign in.'],
      ] as const
      for (const [username, password, text] of cases) {
        const page = await new TestBrowser(server()).submitLogin(path, username, password)
        assert.equal(page.status, 400)
        assert.ok(page.text.includes(text), username)
        assert.ok(page.text.includes(`value="${username}"`))
        assert.ok(!page.text.includes(password))
        assert.ok(!page.headers.getSetCookie().some((cookie) => cookie.includes('cognito')))
      }
    })

    it('shares its lock-out with the API', async () => {
      const { poolId, clientId } = await givenAna()
      const api = await givenClient(server(), poolId, { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
      const browser = new TestBrowser(server())
      for (let attempt = 0; attempt < 5; attempt++) await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana', 'Wrong-horse-7')
      const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }
      await assert.rejects(signInByPassword(server(), api.clientId, 'ana'), locked)
      const page = await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana')
      assert.match(page.text, /Too many attempts/)
    })
  })

  describe(`The session of a browser on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenSignedIn(options = {}) {
      const given = await givenOAuthPool(server(), options)
      await givenUser(server(), given.poolId, 'ana')
      const browser = new TestBrowser(server())
      const answer = await browser.submitLogin(`/login?${requestOf(given.clientId)}`, 'ana')
      return { ...given, browser, answer, user: { UserPoolId: given.poolId, Username: 'ana' } }
    }

    const isSilent = async (browser: TestBrowser, clientId: string, more = {}): Promise<boolean> =>
      locationOf(await browser.visit(`/oauth2/authorize?${requestOf(clientId, more)}`)).startsWith(`${callback}?code=`)

    it('signs the user in to all clients of the pool for an hour, however often it is used', async () => {
      const { poolId, clientId, browser, answer } = await givenSignedIn()
      const [cookie = ''] = answer.headers.getSetCookie()
      assert.match(cookie, new RegExp(`^cognito-${poolId}=[\\w-]+; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax$`))
      const other = await givenClient(server(), poolId, codeClient)
      assert.equal(await isSilent(browser, clientId), true)
      server().clock.advance(3_599_000)
      assert.equal(await isSilent(browser, other.clientId, { prompt: 'none' }), true)
      server().clock.advance(1_000)
      assert.equal(await isSilent(browser, other.clientId), false)
      assert.equal(await isSilent(browser, other.clientId, { prompt: 'none' }), false)
    })

    it('asks for the password again with prompt=login, and shows a choice with prompt=select_account', async () => {
      const { clientId, browser } = await givenSignedIn()
      assert.equal(await isSilent(browser, clientId, { prompt: 'login' }), false)
      assert.equal(await isSilent(browser, clientId, { prompt: 'select_account' }), false)
      assert.equal(await isSilent(browser, clientId, { prompt: 'consent' }), true)
    })

    it('outlives a sign-out everywhere, but not the disabling or the deletion of the user', async () => {
      const { clientId, browser, user } = await givenSignedIn()
      await server().send(new AdminUserGlobalSignOutCommand(user))
      assert.equal(await isSilent(browser, clientId), true)
      await server().send(new AdminDisableUserCommand(user))
      assert.equal(await isSilent(browser, clientId), false)
      await server().send(new AdminEnableUserCommand(user))
      await server().send(new AdminDeleteUserCommand(user))
      assert.equal(await isSilent(browser, clientId), false)
    })

    it('is good in its own pool only, whatever the cookie is called', async () => {
      const { poolId, browser } = await givenSignedIn()
      const other = await givenOAuthPool(server())
      assert.equal(await isSilent(browser, other.clientId), false)
      browser.cookies.set(`cognito-${other.poolId}`, browser.cookies.get(`cognito-${poolId}`) ?? '')
      assert.equal(await isSilent(browser, other.clientId), false)
    })

    it('cannot be made up or altered', async () => {
      const { poolId, clientId, browser } = await givenSignedIn()
      const name = `cognito-${poolId}`
      const cookie = browser.cookies.get(name) ?? ''
      for (const forged of [
        '',
        'x',
        cookie.slice(0, -2),
        `${cookie}AAAA`,
        `${cookie.slice(0, 40)}${cookie[40] === 'A' ? 'B' : 'A'}${cookie.slice(41)}`,
      ]) {
        browser.cookies.set(name, forged)
        assert.equal(await isSilent(browser, clientId), false, forged)
      }
    })

    it('has the name of Cognito on the domain of the pool', async () => {
      const { poolId, clientId } = await givenSignedIn()
      const Domain = `sso-${poolId.slice(-9).toLowerCase()}`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain }))
      const browser = new TestBrowser(server(), `${Domain}.auth.localhost:9911`)
      await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana')
      assert.deepEqual([...browser.cookies.keys()].sort(), ['XSRF-TOKEN', 'cognito'])
      assert.equal(await isSilent(browser, clientId), true)
    })

    it('ends when the user signs in again in the browser, also for a copy of its cookie', async () => {
      const { clientId, browser } = await givenSignedIn()
      const copy = new TestBrowser(server())
      for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
      await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana')
      assert.deepEqual([await isSilent(browser, clientId), await isSilent(copy, clientId)], [true, false])
    })

    it('ends at /logout, also for a copy of its cookie', async () => {
      const { poolId, clientId, browser } = await givenSignedIn()
      const copy = new TestBrowser(server())
      for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
      const answer = await browser.visit(`/logout?${encode({ client_id: clientId, logout_uri: 'https://app.test/bye' })}`)
      assert.equal(locationOf(answer), 'https://app.test/bye')
      assert.match(answer.headers.get('set-cookie') ?? '', new RegExp(`^cognito-${poolId}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax$`))
      assert.equal(await isSilent(browser, clientId), false)
      assert.equal(await isSilent(copy, clientId), false)
    })
  })

  describe(`GET /logout on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('goes to a registered address, or to the sign-in page, or to the error page', async () => {
      const { clientId } = await givenOAuthPool(server())
      const error = `/error?error=redirect_mismatch&client_id=${clientId}`
      const bye = 'https://app.test/bye'
      const again = { redirect_uri: callback, response_type: 'code' }
      const login = `/login?${encode({ client_id: clientId, ...again, state: 's', scope: 'openid', nonce: 'n' })}`
      const cases: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
        ['a logout URI', { logout_uri: bye }, bye],
        ['a logout URI beside a redirect URI', { logout_uri: bye, ...again, state: 's' }, bye],
        ['a redirect URI', { ...again, state: 's', scope: 'openid', nonce: 'n', identity_provider: 'Google' }, login],
        ['neither', {}, error],
        ['an unregistered logout URI', { logout_uri: 'https://evil.test/' }, error],
        ['an unregistered logout URI beside a redirect URI', { logout_uri: 'https://evil.test/', ...again }, error],
        ['a callback as the logout URI', { logout_uri: callback }, error],
        ['an unregistered redirect URI', { ...again, redirect_uri: 'https://evil.test/' }, error],
        ['a redirect URI without a response type', { redirect_uri: callback }, error],
        ['what OpenID Connect names it', { post_logout_redirect_uri: bye }, error],
      ]
      for (const [what, form, location] of cases) {
        const answer = await new TestBrowser(server()).visit(`/logout?${encode({ client_id: clientId, ...form })}`)
        assert.equal(locationOf(answer), location, what)
      }
      const { status, text } = await new TestBrowser(server()).visit('/logout')
      assert.equal(status, 400)
      assert.match(text, /client_id/)
    })
  })
}
