import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminUpdateAuthEventFeedbackCommand,
  ConfirmForgotPasswordCommand,
  CreateUserPoolDomainCommand,
  DeleteUserPoolClientCommand,
  ForgotPasswordCommand,
  GetUserCommand,
  UpdateAuthEventFeedbackCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { givenRiskyPool, noticeTo, press } from '../../support/notices.ts'
import { callback, encode, type Reply } from '../../support/oauth.ts'
import { titleIn } from '../../support/page-texts.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import { givenTokens, signInByPassword } from '../../support/sign-in.ts'
import { csrfTokenIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const day = 24 * 60 * 60_000
const resets = { settings: { InvalidFeedback: 'SIGN_OUT_AND_RESET' } }
const dead = [400, 'This link is not valid']
const revoked = { name: 'NotAuthorizedException', message: 'Access Token has been revoked' }
const resetRequired = { name: 'PasswordResetRequiredException' }

for (const engine of engines) {
  describe(`The pages of the links in a notice on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const seen = (page: Reply) => [page.status, titleIn(page)]
    const nextIn = ({ text }: Reply) => /class="button-link[^"]*" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&')

    /** A risky sign-in, with its tokens, and the links in its notice. */
    async function givenNotice(options: Parameters<typeof givenRiskyPool>[1] = {}) {
      const given = await givenRiskyPool(server(), options)
      const tokens = await givenTokens(server(), given.clientId, 'ana')
      const { links } = await noticeTo(server(), given.poolId)
      return { ...given, ...tokens, valid: links[0] ?? '', invalid: links[1] ?? '' }
    }
    const feedbackOf = async (UserPoolId: string) => {
      return (await eventsOf(server(), UserPoolId)).map(({ EventFeedback }) => EventFeedback?.FeedbackValue)
    }
    const statusOf = async (UserPoolId: string) =>
      (await server().send(new AdminGetUserCommand({ UserPoolId, Username: 'ana' }))).UserStatus
    const getUser = (AccessToken: string) => server().send(new GetUserCommand({ AccessToken }))
    async function open(link: string, browser = new TestBrowser(server())) {
      return { browser, page: await browser.visit(link) }
    }

    it('ask whether it was the user, and show where the sign-in came from', async () => {
      const { valid, invalid } = await givenNotice()
      const { page } = await open(valid)
      assert.deepEqual(seen(page), [200, 'Was this you?'])
      assert.match(page.text, /sign-in to the account ana\./)
      assert.match(page.text, /<dt>App<\/dt><dd><bdi>oauth</)
      assert.match(page.text, /<dt>Browser<\/dt><dd><bdi>AWS SDK 3/)
      assert.match(page.text, /<dt>IP address<\/dt><dd><bdi>127\.0\.0\.1</)
      const buttons = (text: string) =>
        [...text.matchAll(/<button class="(\w+)[^>]*value="(\w+)"/g)].map(([, kind, value]) => [kind, value])
      assert.deepEqual(buttons(page.text), [
        ['primary', 'valid'],
        ['secondary', 'invalid'],
      ])
      assert.deepEqual(buttons((await open(invalid)).page.text)[0], ['primary', 'invalid'])
    })

    it('store nothing when they are only opened, however often a mail scanner does so', async () => {
      const { poolId, valid, invalid, accessToken } = await givenNotice(resets)
      for (const link of [valid, invalid, invalid]) await open(link)
      assert.deepEqual(await feedbackOf(poolId), [undefined, undefined])
      await getUser(accessToken)
    })

    it('store the answer of the button, and the last one counts', async () => {
      const { poolId, invalid } = await givenNotice()
      const { browser, page } = await open(invalid)
      const thanks = await press(browser, page, 'valid')
      assert.deepEqual(seen(thanks), [200, 'Thank you'])
      assert.equal(nextIn(thanks), undefined)
      assert.deepEqual(await feedbackOf(poolId), ['Valid', undefined])
      const again = await press(browser, page, 'invalid')
      assert.match(again.text, /this sign-in was not yours/)
      assert.ok(nextIn(again)?.startsWith('/forgotPassword?'))
      assert.deepEqual(await feedbackOf(poolId), ['Invalid', undefined])
    })

    it('end all sessions and demand a new password where the pool says so, and lead to the page for it', async () => {
      const { poolId, clientId, invalid, accessToken } = await givenNotice(resets)
      const request = { client_id: clientId, redirect_uri: callback, response_type: 'code' }
      const attacker = new TestBrowser(server())
      await attacker.signIn(request, 'ana')
      const { browser, page } = await open(invalid)
      const done = await press(browser, page, 'invalid')
      assert.match(done.text, /signed out everywhere, and your password no longer works/)
      await assert.rejects(getUser(accessToken), revoked)
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), resetRequired)
      assert.match(locationOf(await attacker.visit(`/oauth2/authorize?${encode(request)}`)), /^\/login\?/)
      const forgot = await browser.visit(nextIn(done) ?? '')
      assert.equal(titleIn(forgot), 'Reset your password')
      const form = { ...hiddenFieldsIn(forgot), username: 'ana' }
      const reset = await browser.visit(locationOf(await browser.submit(nextIn(done) ?? '', form)))
      const code = await codeSentTo(server(), poolId, 'ana@example.test')
      const fresh = 'Another-horse-8'
      const answer = { ...hiddenFieldsIn(reset), code, password: fresh, confirm_password: fresh }
      await browser.submit(`/confirmForgotPassword?${paramsIn(nextIn(done) ?? '')}`, answer)
      assert.ok((await givenTokens(server(), clientId, 'ana', fresh)).accessToken)
      assert.match(locationOf(await attacker.visit(`/oauth2/authorize?${encode(request)}`)), /^\/login\?/)
    })

    it('end the sessions once, also when two forms come at once or the form is sent again later', async () => {
      const { poolId, clientId, invalid } = await givenNotice(resets)
      const { browser, page } = await open(invalid)
      const replies = await Promise.all([press(browser, page, 'invalid'), press(browser, page, 'invalid')])
      assert.deepEqual(replies.map(titleIn), ['Thank you', 'Thank you'])
      assert.equal(replies.filter(({ text }) => text.includes('your password no longer works')).length, 1)
      await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
      const code = await codeSentTo(server(), poolId, 'ana@example.test')
      const reset = { ClientId: clientId, Username: 'ana', ConfirmationCode: code, Password: 'Another-horse-8' }
      await server().send(new ConfirmForgotPasswordCommand(reset))
      const { accessToken } = await givenTokens(server(), clientId, 'ana', 'Another-horse-8')
      for (const value of ['valid', 'invalid'] as const) assert.equal((await press(browser, page, value)).status, 200)
      await getUser(accessToken)
      assert.equal(await statusOf(poolId), 'CONFIRMED')
    })

    it('leave an account signed out when the user changes the answer to valid', async () => {
      const { poolId, invalid, accessToken } = await givenNotice(resets)
      const { browser, page } = await open(invalid)
      for (const value of ['invalid', 'valid'] as const) await press(browser, page, value)
      assert.deepEqual([(await feedbackOf(poolId))[0], await statusOf(poolId)], ['Valid', 'RESET_REQUIRED'])
      await assert.rejects(getUser(accessToken), revoked)
    })

    it('only store the answer when the notice went to an address that is not verified: a stranger may have it', async () => {
      const { poolId, invalid, accessToken } = await givenNotice({ ...resets, attributes: { email: 'ana@example.test' } })
      const { browser, page } = await open(invalid)
      const thanks = await press(browser, page, 'invalid')
      assert.match(thanks.text, /this sign-in was not yours/)
      assert.equal((await feedbackOf(poolId))[0], 'Invalid')
      await getUser(accessToken)
      assert.equal(await statusOf(poolId), 'CONFIRMED')
    })

    it('lead nowhere from a client that was deleted', async () => {
      const { clientId, poolId, invalid } = await givenNotice(resets)
      await server().send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      const { browser, page } = await open(invalid)
      assert.equal(page.status, 200)
      const done = await press(browser, page, 'invalid')
      assert.deepEqual([titleIn(done), nextIn(done)], ['Thank you', undefined])
      assert.equal(await statusOf(poolId), 'RESET_REQUIRED')
    })

    it('send no message, and call no trigger', async () => {
      const { poolId, invalid } = await givenNotice(resets)
      const before = await sentTo(server(), poolId)
      const { browser, page } = await open(invalid)
      await press(browser, page, 'invalid')
      assert.deepEqual(await sentTo(server(), poolId), before)
    })

    it('refuse a form without the token of the browser, and one from another site', async () => {
      const { poolId, invalid } = await givenNotice(resets)
      const { browser, page } = await open(invalid)
      const form = { ...hiddenFieldsIn(page), value: 'invalid' }
      const stranger = new TestBrowser(server())
      for (const refused of [
        await stranger.submit('/feedback', form),
        await browser.submit('/feedback', { ...form, _csrf: 'x'.repeat(43) }),
        await browser.submit('/feedback', form, { 'sec-fetch-site': 'cross-site' }),
      ]) {
        assert.deepEqual(seen(refused), [400, 'Was this you?'])
      }
      assert.deepEqual(await feedbackOf(poolId), [undefined, undefined])
      assert.ok(csrfTokenIn(page))
    })

    it('answer every link that does not work in the same way', async () => {
      const { poolId, clientId, valid, invalid } = await givenNotice(resets)
      const other = await givenNotice(resets)
      const token = paramsIn(valid).get('token') ?? ''
      const altered = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`
      const link = (pool: string, given: string) => `/feedback?${encode({ user_pool_id: pool, client_id: clientId, token: given })}`
      const bad = [
        '/feedback',
        link(poolId, altered),
        link(poolId, 'x'),
        link(other.poolId, token),
        link('us-east-1_nowhere00', token),
        link(poolId, paramsIn(other.valid).get('token') ?? ''),
        `/feedback?${encode({ user_pool_id: poolId, client_id: clientId })}`,
        link(poolId, 'y'.repeat(10_000)),
      ]
      const texts = new Set<string>()
      for (const one of bad) {
        const { page } = await open(one)
        assert.deepEqual(seen(page), dead, one)
        texts.add(page.text)
      }
      assert.equal(texts.size, 1)
      const { browser, page } = await open(invalid)
      const form = { ...hiddenFieldsIn(page), value: 'invalid' }
      const changes: readonly Record<string, string>[] = [{ token: altered }, { user_pool_id: other.poolId }, { value: 'other' }]
      for (const change of changes) {
        assert.deepEqual(seen(await browser.submit('/feedback', { ...form, ...change })), dead)
      }
      for (const id of [poolId, other.poolId]) assert.deepEqual(await feedbackOf(id), [undefined, undefined])
    })

    it('work for 30 days, and no longer than the user and the event exist', async () => {
      const { poolId, valid, invalid } = await givenNotice()
      server().clock.advance(30 * day - 60_000)
      const { browser, page } = await open(valid)
      assert.equal(page.status, 200)
      server().clock.advance(60_000)
      assert.deepEqual(seen(await press(browser, page, 'valid')), dead)
      assert.deepEqual(seen((await open(invalid)).page), dead)
      const other = await givenNotice()
      const opened = await open(other.valid)
      await server().send(new AdminDeleteUserCommand({ UserPoolId: other.poolId, Username: 'ana' }))
      assert.deepEqual(seen(await press(opened.browser, opened.page, 'valid')), dead)
      assert.notEqual(other.poolId, poolId)
    })

    it('exist on the domain of their pool, and on that of no other', async () => {
      const { poolId, valid } = await givenNotice()
      const other = await server().givenPool()
      const hostOf = async (id: string) => {
        const Domain = `notice-${id.slice(-9).toLowerCase()}`
        await server().send(new CreateUserPoolDomainCommand({ UserPoolId: id, Domain }))
        return `${Domain}.auth.${new URL(server().url).host}`
      }
      const own = await open(valid, new TestBrowser(server(), await hostOf(poolId)))
      assert.equal(own.page.status, 200)
      const foreign = await open(valid, new TestBrowser(server(), await hostOf(other.poolId)))
      assert.deepEqual(seen(foreign.page), dead)
      const unknown = await open(valid, new TestBrowser(server(), `nothing.auth.${new URL(server().url).host}`))
      assert.deepEqual(seen(unknown.page), dead)
    })

    it('are in the language of the browser, and send their address to no other site', async () => {
      const { valid } = await givenNotice()
      const page = await new TestBrowser(server()).visit(valid, { 'accept-language': 'de' })
      assert.equal(titleIn(page), 'Waren Sie das?')
      const { headers } = page
      assert.match(headers.get('content-security-policy') ?? '', /form-action 'self'/)
      assert.match(headers.get('referrer-policy') ?? '', /no-referrer|same-origin/)
    })
  })

  describe(`Feedback Invalid through the API on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenRisky(options: Parameters<typeof givenRiskyPool>[1] = {}) {
      const given = await givenRiskyPool(server(), { ...options, notices: undefined })
      const { accessToken } = await givenTokens(server(), given.clientId, 'ana')
      const { links, html } = await noticeTo(server(), given.poolId)
      const [newest] = await eventsOf(server(), given.poolId)
      const event = { UserPoolId: given.poolId, Username: 'ana', EventId: newest?.EventId ?? '' }
      return { ...given, accessToken, event, html, token: paramsIn(links[0] ?? '').get('token') ?? '' }
    }
    const getUser = (AccessToken: string) => server().send(new GetUserCommand({ AccessToken }))

    it('ends the sessions by UpdateAuthEventFeedback', async () => {
      const { clientId, accessToken, event, token } = await givenRisky(resets)
      await server().send(new UpdateAuthEventFeedbackCommand({ ...event, FeedbackToken: token, FeedbackValue: 'Invalid' }))
      await assert.rejects(getUser(accessToken), revoked)
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), resetRequired)
    })

    it('ends the sessions by AdminUpdateAuthEventFeedback, and the audit record says so', async () => {
      const { poolId, accessToken, event } = await givenRisky(resets)
      await server().send(new AdminUpdateAuthEventFeedbackCommand({ ...event, FeedbackValue: 'Invalid' }))
      await assert.rejects(getUser(accessToken), revoked)
      const { Records } = await callLifeguard(server(), 'ListAuditRecords', { UserPoolId: poolId })
      const record = Records.find(({ Operation }: Record<string, string>) => Operation === 'AdminUpdateAuthEventFeedback')
      assert.deepEqual(
        [record.Username, record.Detail, record.ChangedMembers],
        ['ana', `event: ${event.EventId}, signed out`, ['UserStatus']],
      )
    })

    it('ends no session in a pool without the setting, and none of an event that is not the user’s', async () => {
      const { accessToken, event, token } = await givenRisky()
      const { accessToken: other } = await givenRisky(resets)
      await server().send(new UpdateAuthEventFeedbackCommand({ ...event, FeedbackToken: token, FeedbackValue: 'Invalid' }))
      await getUser(accessToken)
      await getUser(other)
    })
  })
}
