import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminGetUserCommand, AdminListUserAuthEventsCommand, GetUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import {
  accountAt,
  act,
  actionsIn,
  fieldOfEntry,
  givenAccountPool,
  givenFullAccount,
  linkAtGoogle,
  redirectOf,
  signInToAccount,
} from '../../../support/account-page.ts'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { openLogoutApp } from '../../../support/logout-apps.ts'
import { givenConnectedClient, signInTo } from '../../../support/logout-clients.ts'
import { setThreatProtection } from '../../../support/notices.ts'
import { noticeIn, titleIn } from '../../../support/page-texts.ts'
import { sentTo } from '../../../support/self-service.ts'
import { givenTokens, goodPassword } from '../../../support/sign-in.ts'
import { type CreationOptions, makePasskey } from '../../../support/software-authenticator.ts'
import { passkeyOptionsIn, TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

for (const engine of engines) {
  describe(`The lists of the account page on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function given(make = givenFullAccount) {
      const pool = await make(server())
      const { browser } = await signInToAccount(server(), pool.clientId)
      return { ...pool, browser, at: (section: string) => accountAt(pool.clientId, section) }
    }

    it('add and remove a passkey', async () => {
      const { poolId, browser, at } = await given()
      const page = await browser.visit(at('passkeys'))
      assert.match(page.text, /You have no passkeys/)
      const origin = server().url.replace('127.0.0.1', 'localhost')
      const passkey = makePasskey(passkeyOptionsIn(page) as CreationOptions, origin)
      const added = await act(browser, at('passkeys'), 'add', { credential: JSON.stringify(passkey.registration) })
      assert.equal(noticeIn(added), 'Your changes were saved.', added.text)
      const id = fieldOfEntry(added, 'Created')
      assert.equal((await act(browser, at('passkeys'), 'add', { credential: '{' })).status, 400)
      assert.equal(noticeIn(await act(browser, at('passkeys'), 'remove', { id })), 'The entry was removed.')
      assert.equal((await act(browser, at('passkeys'), 'remove', { id })).status, 404)
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('name a passkey, when it is made and later', async () => {
      const { browser, at } = await given()
      const page = await browser.visit(at('passkeys'))
      const passkey = makePasskey(passkeyOptionsIn(page) as CreationOptions, server().url.replace('127.0.0.1', 'localhost'))
      const credential = JSON.stringify(passkey.registration)
      const refused = await act(browser, at('passkeys'), 'add', { credential, name: 'bad\u202ename' })
      assert.equal(refused.status, 400)
      assert.match(refused.text, /You have no passkeys/)
      const added = await act(browser, at('passkeys'), 'add', { credential, name: ' My phone ' })
      const id = fieldOfEntry(added, 'My phone')
      assert.equal(id, passkey.id)
      const renamed = await act(browser, at('passkeys'), 'rename', { id, name: 'My <b>old</b> phone' })
      assert.equal(noticeIn(renamed), 'Your changes were saved.')
      assert.equal(fieldOfEntry(renamed, '<h2>My &lt;b&gt;old&lt;/b&gt; phone</h2>'), id)
      assert.equal((await act(browser, at('passkeys'), 'rename', { id, name: '\u0007' })).status, 400)
      assert.equal((await act(browser, at('passkeys'), 'rename', { id: 'x', name: 'Mine' })).status, 404)
    })

    it('show the devices, and forget one', async () => {
      const { clientId, browser, at } = await given()
      const { browser: other } = await signInToAccount(server(), clientId)
      const page = await browser.visit(at('devices'))
      assert.equal(page.text.match(/<li class="entry">/g)?.length, 2)
      const own = fieldOfEntry(page, 'this device')
      const foreign = [...page.text.matchAll(/name="id" value="([^"]+)"/g)].map(([, id]) => id).find((id) => id !== own) ?? ''
      assert.equal(noticeIn(await act(browser, at('devices'), 'distrust', { id: foreign })), 'Your changes were saved.')
      assert.equal(noticeIn(await act(browser, at('devices'), 'forget', { id: foreign })), 'The entry was removed.')
      // The session of the other browser has ended with its device, and so does that of this one.
      assert.match(redirectOf(await other.visit(at(''))), /^\/login\?/)
      assert.equal(titleIn(await act(browser, at('devices'), 'forget', { id: own })), 'You are signed out')
      assert.match(redirectOf(await browser.visit(at(''))), /^\/login\?/)
    })

    it('show the sessions of apps, and sign out there', async () => {
      const { clientId, browser, at } = await given()
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      const page = await browser.visit(at('sessions'))
      const id = fieldOfEntry(page, '<h3>oauth</h3>')
      assert.match(id, /^tkn/)
      assert.equal(noticeIn(await act(browser, at('sessions'), 'revoke', { id })), 'You were signed out there.')
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: accessToken })), { name: 'NotAuthorizedException' })
      assert.equal((await act(browser, at('sessions'), 'revoke', { id })).status, 404)
    })

    it('sign out everywhere, and here only', async () => {
      const { clientId, browser, at } = await given()
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      const { browser: other } = await signInToAccount(server(), clientId)
      assert.equal(titleIn(await act(other, at('sessions'), 'end-here')), 'You are signed out')
      assert.match(redirectOf(await other.visit(at(''))), /^\/login\?/)
      await server().send(new GetUserCommand({ AccessToken: accessToken }))
      const copied = new TestBrowser(server())
      for (const [name, value] of browser.cookies) copied.cookies.set(name, value)
      assert.equal(titleIn(await act(browser, at('sessions'), 'end-all')), 'You are signed out')
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: accessToken })), { name: 'NotAuthorizedException' })
      assert.match(redirectOf(await copied.visit(at(''))), /^\/login\?/)
    })

    it('show other browsers whose apps are to be told, and sign out there', async () => {
      using app = await openLogoutApp()
      const { poolId, browser, at } = await given()
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: 'STRICT' } })
      const client = await givenConnectedClient(server(), poolId, app)
      const other = new TestBrowser(server())
      const { sid } = await signInTo(server(), other, client)
      const page = await browser.visit(at('sessions'))
      assert.equal(fieldOfEntry(page, 'Browser with oauth'), sid)
      assert.equal(noticeIn(await act(browser, at('sessions'), 'end-browser', { id: sid })), 'You were signed out there.')
      assert.match(redirectOf(await other.visit(at(''))), /^\/login\?/)
      assert.equal((await browser.visit(at(''))).status, 200)
      assert.equal((await act(browser, at('sessions'), 'end-browser', { id: sid })).status, 404)
    })

    it('unlink an identity that is not the only way to sign in', async () => {
      const { poolId, browser, at } = await given()
      await linkAtGoogle(server(), poolId, 'ana', 'ana-again')
      const page = await browser.visit(at('links'))
      assert.equal(page.text.match(/<h2>Google<\/h2>/g)?.length, 2)
      const id = fieldOfEntry(page, 'Google')
      assert.equal(noticeIn(await act(browser, at('links'), 'unlink', { id })), 'The entry was removed.')
      assert.equal((await act(browser, at('links'), 'unlink', { id })).status, 404)
      const { UserAttributes = [] } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      const identities = JSON.parse(UserAttributes.find(({ Name }) => Name === 'identities')?.Value ?? '[]') as { userId: string }[]
      assert.deepEqual(
        identities.map(({ userId }) => userId),
        ['ana-again'],
      )
    })

    it('show the history, and take what the user says about it', async () => {
      const { poolId, browser, at } = await given()
      const page = await browser.visit(at('history'))
      assert.deepEqual(actionsIn(page), ['valid', 'invalid'])
      const id = fieldOfEntry(page, 'successful')
      const thanked = await act(browser, at('history'), 'valid', { id })
      assert.equal(noticeIn(thanked), 'Thank you')
      assert.match(thanked.text, /You said that this was you/)
      await setThreatProtection(server(), poolId, { InvalidFeedback: 'SIGN_OUT_AND_RESET' })
      const locked = await act(browser, at('history'), 'invalid', { id })
      assert.match(locked.text, /Your password no longer works|your password no longer works/)
      assert.match(locked.text, /href="\/forgotPassword\?/)
      assert.match(redirectOf(await browser.visit(at(''))), /^\/login\?/)
      const { UserStatus } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.equal(UserStatus, 'RESET_REQUIRED')
      const { AuthEvents = [] } = await server().send(new AdminListUserAuthEventsCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(AuthEvents.at(-1)?.EventFeedback?.FeedbackValue, 'Invalid')
    })

    it('show older events on a page of their own', async () => {
      const { clientId, browser, at } = await given()
      for (let count = 0; count < 21; count += 1) {
        server().clock.advance(1)
        await givenTokens(server(), clientId, 'ana')
      }
      const first = await browser.visit(at('history'))
      const older = /href="([^"]+older_than[^"]+)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
      const second = await browser.visit(older)
      assert.equal(first.text.match(/<li class="entry">/g)?.length, 20)
      assert.equal(second.text.match(/<li class="entry">/g)?.length, 2)
      assert.equal((await browser.visit(`${at('history')}&older_than=%27%3B--`)).status, 200)
    })

    it('give all data of the user in a file, without secrets', async () => {
      const { clientId, sub, browser, at } = await given()
      const tokens = await givenTokens(server(), clientId, 'ana')
      const file = await act(browser, at('data'), 'download')
      assert.equal(file.status, 200)
      assert.equal(file.headers.get('content-type'), 'application/json; charset=utf-8')
      assert.equal(file.headers.get('content-disposition'), 'attachment; filename="account-data.json"')
      assert.equal(file.headers.get('cache-control'), 'no-store')
      const data = JSON.parse(file.text) as Record<string, unknown>
      assert.deepEqual(Object.keys(data), [
        'createdOn',
        'user',
        'groups',
        'secondFactors',
        'passkeys',
        'devices',
        'sessions',
        'linkedSignIns',
        'history',
      ])
      assert.equal((data['user'] as { sub: string }).sub, sub)
      assert.equal((data['user'] as { attributes: Record<string, string> }).attributes['custom:team'], 'Blue')
      assert.equal((data['sessions'] as unknown[]).length, 1)
      assert.equal((data['history'] as unknown[]).length, 2)
      assert.equal((data['linkedSignIns'] as { userId: string }[])[0]?.userId, 'ana-at-google')
      for (const secret of [goodPassword, tokens.accessToken, tokens.refreshToken, 'verifier', 'secret"'])
        assert.ok(!file.text.includes(secret), secret)
    })

    it('leave out what the pool does not have', async () => {
      const { browser, at } = await given((running) => givenAccountPool(running))
      for (const section of ['factors', 'passkeys', 'devices', 'links', 'history']) {
        assert.equal((await browser.visit(at(section))).status, 404, section)
      }
      const sessions = await browser.visit(at('sessions'))
      assert.doesNotMatch(sessions.text, />Apps</)
    })
  })
}
