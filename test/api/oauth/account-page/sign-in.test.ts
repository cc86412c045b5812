import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  CreateUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { accountAt, act, anaEmail, givenAccountPool, redirectOf, signInToAccount } from '../../../support/account-page.ts'
import { accountPages } from '../../../support/account-pages.ts'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { prefer, setMfa } from '../../../support/mfa.ts'
import { callback, codeClient, givenClient } from '../../../support/oauth.ts'
import { noticeIn, titleIn } from '../../../support/page-texts.ts'
import { codeSentTo, sentTo } from '../../../support/self-service.ts'
import { goodPassword } from '../../../support/sign-in.ts'
import { TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

const minutes = (count: number) => count * 60_000

for (const engine of engines) {
  describe(`The sign-in for the account page on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { answer, follow } = accountPages(server)
    const isSignIn = (location: string) => location.startsWith('/login?') && location.includes('account_page=')

    it('comes first, needs no callback of an app, and leads back to the section', async () => {
      const { clientId } = await givenAccountPool(server())
      const browser = new TestBrowser(server())
      const login = redirectOf(await browser.visit(accountAt(clientId, 'password')))
      assert.equal(login, `/login?client_id=${clientId}&account_page=password`)
      const next = redirectOf(await browser.submitLogin(login, 'ana'))
      assert.equal(next, accountAt(clientId, 'password'))
      assert.equal(titleIn(await browser.visit(next)), 'Password')
      assert.equal(titleIn(await browser.visit(accountAt(clientId))), 'Your account')
    })

    it('is not needed in a browser that has a session from an app', async () => {
      const { clientId } = await givenAccountPool(server())
      const browser = new TestBrowser(server())
      await browser.signIn({ client_id: clientId, redirect_uri: callback, response_type: 'code' }, 'ana')
      const page = await browser.visit(accountAt(clientId))
      assert.equal(page.status, 200)
      assert.match(page.text, /Signed in as ana@example\.test/)
    })

    it('works in pools of manner strict', async () => {
      const { poolId, clientId } = await givenAccountPool(server())
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: 'STRICT' } })
      const { browser, next } = await signInToAccount(server(), clientId)
      assert.equal(titleIn(await browser.visit(next)), 'Your account')
    })

    it('needs no client_id on the domain of a pool with one client, and needs one elsewhere', async () => {
      const { poolId, clientId } = await givenAccountPool(server())
      const Domain = `account-${poolId.slice(-9).toLowerCase()}`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain }))
      const host = `${Domain}.auth.${new URL(server().url).hostname}`
      const location = redirectOf(await new TestBrowser(server(), host).visit('/account/profile'))
      assert.equal(location, `/login?client_id=${clientId}&account_page=profile`)
      assert.equal((await new TestBrowser(server()).visit('/account')).status, 400)
      await givenClient(server(), poolId, codeClient)
      assert.equal((await new TestBrowser(server(), host).visit('/account')).status, 400)
    })

    it('is not offered in pools without the page, nor for other clients', async () => {
      const { poolId, clientId } = await givenAccountPool(server())
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, HostedPages: {} })
      const browser = new TestBrowser(server())
      assert.equal((await browser.visit(accountAt(clientId))).status, 404)
      assert.equal((await browser.submit(accountAt(clientId, 'delete'), { action: 'delete', confirmed: 'true' })).status, 404)
      const { clientId: withoutPages } = await givenClient(server(), poolId, {})
      assert.match(redirectOf(await browser.visit(accountAt(withoutPages))), /^\/error\?error=unauthorized_client/)
    })

    it('leads nowhere but to sections of the page', async () => {
      const { clientId } = await givenAccountPool(server())
      const browser = new TestBrowser(server())
      for (const target of ['//evil.test', 'https://evil.test', '../logout', 'profile%0d%0aset-cookie: a=b', 'nothing', 'PROFILE']) {
        const reply = await browser.visit(`/login?client_id=${clientId}&account_page=${encodeURIComponent(target)}`)
        assert.match(redirectOf(reply), /^\/error\?error=invalid_request/, target)
      }
      for (const more of ['redirect_uri=https://evil.test/', 'state=x', 'response_type=token']) {
        const login = `/login?client_id=${clientId}&account_page=profile&${more}`
        assert.equal(redirectOf(await new TestBrowser(server()).submitLogin(login, 'ana')), accountAt(clientId, 'profile'), more)
      }
      const twice = await browser.visit(`/login?client_id=${clientId}&account_page=profile&account_page=data`)
      assert.match(redirectOf(twice), /^\/error\?error=invalid_request/)
      assert.match(redirectOf(await browser.visit(`${accountAt(clientId)}&client_id=x`)), /^\/error\?error=invalid_request/)
    })

    it('is needed again after the user has set another password or signed out everywhere elsewhere', async () => {
      const { poolId, clientId } = await givenAccountPool(server())
      const { browser, next } = await signInToAccount(server(), clientId)
      await server().send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.ok(isSignIn(redirectOf(await browser.visit(next))))
      const again = await signInToAccount(server(), clientId)
      const Password = `${goodPassword}-new`
      await server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password, Permanent: true }))
      assert.ok(isSignIn(redirectOf(await again.browser.visit(next))))
    })

    it('of another pool does not count', async () => {
      const [one, other] = [await givenAccountPool(server()), await givenAccountPool(server())]
      const { browser } = await signInToAccount(server(), one.clientId)
      browser.cookies.set(`cognito-${other.poolId}`, browser.cookies.get(`cognito-${one.poolId}`) ?? '')
      assert.ok(isSignIn(redirectOf(await browser.visit(accountAt(other.clientId)))))
    })

    it('has to be fresh for sensitive changes, knows the name, and leads back', async () => {
      const { clientId } = await givenAccountPool(server())
      const { browser } = await signInToAccount(server(), clientId)
      server().clock.advance(minutes(11))
      const page = await browser.visit(accountAt(clientId, 'delete'))
      assert.match(page.text, /sign in again/)
      assert.doesNotMatch(page.text, /name="confirmed"/)
      const refused = await act(browser, accountAt(clientId, 'delete'), 'delete', { confirmed: 'true' })
      const login = redirectOf(refused)
      assert.equal(login, `/login?client_id=${clientId}&account_page=delete&prompt=login`)
      assert.match((await browser.visit(login)).text, /name="username"[^>]* value="ana"/)
      assert.equal(redirectOf(await browser.submitLogin(login, 'ana')), accountAt(clientId, 'delete'))
      assert.match((await browser.visit(accountAt(clientId, 'delete'))).text, /name="confirmed"/)
    })

    it('asks for the second factor also on a remembered device, if the proof has to be fresh', async () => {
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
      const { poolId, clientId } = await givenAccountPool(server(), { pool: { DeviceConfiguration } })
      await setMfa(server(), poolId, 'OPTIONAL', ['email'])
      await prefer(server(), poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      const browser = new TestBrowser(server())
      const address = accountAt(clientId, 'data')
      const signIn = async (login: string) => {
        const page = await follow(browser, await browser.submitLogin(login, 'ana'))
        return redirectOf(await answer(browser, page, { code: await codeSentTo(server(), poolId, anaEmail) }))
      }
      assert.equal(await signIn(redirectOf(await browser.visit(address))), address)
      assert.equal((await act(browser, address, 'download')).status, 200)
      // The browser is remembered now, so a plain sign-in asks for no code. It opens the page, and proves too little for changes.
      const plain = new TestBrowser(server())
      plain.cookies.set(`cognito-devices-${poolId}`, browser.cookies.get(`cognito-devices-${poolId}`) ?? '')
      assert.equal(redirectOf(await plain.submitLogin(redirectOf(await plain.visit(address)), 'ana')), address)
      const refused = redirectOf(await act(plain, address, 'download'))
      assert.match(refused, /prompt=login$/)
      const asked = redirectOf(await plain.submitLogin(refused, 'ana'))
      assert.match(asked, /^\/challenge\?/)
      const proven = await answer(plain, await plain.visit(asked), { code: await codeSentTo(server(), poolId, anaEmail) })
      assert.equal(redirectOf(proven), address)
      assert.equal((await act(plain, address, 'download')).status, 200)
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${anaEmail}`, `mfa ${anaEmail}`])
    })

    it('keeps the session of this browser after a new password, and of no other', async () => {
      const { clientId } = await givenAccountPool(server())
      const { browser } = await signInToAccount(server(), clientId)
      const { browser: other } = await signInToAccount(server(), clientId)
      const passwords = { current_password: goodPassword, password: 'Another-horse-8', confirm_password: 'Another-horse-8' }
      assert.equal(noticeIn(await act(browser, accountAt(clientId, 'password'), 'change', passwords)), 'Your changes were saved.')
      assert.equal((await browser.visit(accountAt(clientId))).status, 200)
      assert.ok(isSignIn(redirectOf(await other.visit(accountAt(clientId)))))
    })
  })
}
