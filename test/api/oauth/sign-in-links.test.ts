import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateUserPoolDomainCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'

import { callback, encode, post, type Reply, requestToken } from '../../support/oauth.ts'
import { alertIn, noticeIn, titleIn } from '../../support/page-texts.ts'
import { messagesOf, sentTo } from '../../support/self-service.ts'
import { goodPassword } from '../../support/sign-in.ts'
import {
  anaEmail,
  answer,
  askForLink,
  codeOf,
  deadLinkTitle,
  follow,
  givenAsked,
  givenLinkPool,
  linkSentTo,
  requestOf,
} from '../../support/sign-in-links.ts'

import { hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const minute = 60_000

for (const engine of engines) {
  describe(`A sign-in by a link on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('signs in the browser that asked for the link, as soon as it opens the link', async () => {
      const { clientId, poolId, browser, sent, link } = await givenAsked(server())
      assert.equal(titleIn(sent), 'Check your email')
      assert.match(sent.text, /If there is an account, we sent a link to a\*+@e\*+\./)
      const opened = await browser.visit(link)
      const back = paramsIn(locationOf(opened))
      assert.equal(back.get('state'), 'the-state')
      const form = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code: back.get('code') ?? '' }
      const { status, body } = await requestToken(server(), form)
      assert.deepEqual([status, typeof body['access_token']], [200, 'string'])
      assert.deepEqual(await sentTo(server(), poolId), [`sign-in-link ${anaEmail}`])
      const silent = await browser.visit(`/oauth2/authorize?${requestOf(clientId)}`)
      assert.ok(codeOf(silent), 'Other sign-ins of the browser use the session.')
    })

    it('asks in another browser, shows who asked, and signs in that browser and not the one that asked', async () => {
      const { clientId, browser, link } = await givenAsked(server())
      const other = new TestBrowser(server())
      const page = await other.visit(link)
      assert.deepEqual([page.status, titleIn(page)], [200, 'Sign in as ana?'])
      assert.match(page.text, /requested in another browser/)
      assert.match(page.text, /<dt>App<\/dt><dd><bdi>oauth</)
      assert.match(page.text, /<dt>IP address<\/dt><dd><bdi>127\.0\.0\.1</)
      assert.match(page.text, /<dt>Requested<\/dt><dd><bdi>\w+ \d+, \d{4}, [\d:]+ [AP]M UTC</)
      const signedIn = await answer(other, page)
      assert.ok(codeOf(signedIn))
      assert.ok(codeOf(await other.visit(`/oauth2/authorize?${requestOf(clientId)}`)))
      assert.match(locationOf(await browser.visit(`/oauth2/authorize?${requestOf(clientId)}`)), /^\/login\?/)
    })

    it('names the browser that asked', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
      const browser = new TestBrowser(server())
      const query = requestOf(clientId)
      const form = { ...hiddenFieldsIn(await browser.visit(`/login?${query}`)), username: 'ana' }
      await browser.submit(`/login/link/send?${query}`, form, { 'user-agent': firefox })
      const page = await new TestBrowser(server()).visit(await linkSentTo(server(), poolId))
      assert.match(page.text, /<dt>Browser<\/dt><dd><bdi>Firefox 140 \/ Linux</)
    })

    it('works once', async () => {
      const { browser, link } = await givenAsked(server())
      assert.ok(codeOf(await browser.visit(link)))
      const again = await new TestBrowser(server()).visit(link)
      assert.deepEqual([again.status, titleIn(again)], [400, deadLinkTitle])
    })

    it('works once when two browsers use it at the same time', async () => {
      const { browser, link } = await givenAsked(server())
      const other = new TestBrowser(server())
      const page = await other.visit(link)
      const replies = await Promise.all([browser.visit(link), answer(other, page), answer(other, page)])
      assert.equal(replies.filter((reply) => codeOf(reply) !== null).length, 1)
      assert.deepEqual(replies.filter((reply) => codeOf(reply) === null).map(titleIn), [deadLinkTitle, deadLinkTitle])
    })

    it('expires after the time that the pool sets', async () => {
      const { browser, link } = await givenAsked(server(), { LifetimeMinutes: 5 })
      server().clock.advance(5 * minute - 1)
      const other = new TestBrowser(server())
      const page = await other.visit(link)
      assert.equal(titleIn(page), 'Sign in as ana?')
      server().clock.advance(1)
      assert.equal(titleIn(await answer(other, page)), deadLinkTitle)
      assert.equal(titleIn(await other.visit(link)), deadLinkTitle)
      assert.equal(titleIn(await browser.visit(link)), deadLinkTitle)
    })

    it('lives for 15 minutes without a setting', async () => {
      const { browser, link } = await givenAsked(server())
      server().clock.advance(15 * minute - 1)
      assert.ok(codeOf(await browser.visit(link)))
    })

    it('replaces the earlier link when the user asks for another one, also from another browser', async () => {
      const { poolId, clientId, browser, sent, link: first } = await givenAsked(server())
      const resent = await follow(browser, await answer(browser, sent, { action: 'resend' }))
      assert.equal(noticeIn(resent), 'We sent a new link.')
      const second = await linkSentTo(server(), poolId)
      assert.notEqual(first, second)
      assert.equal(titleIn(await browser.visit(first)), deadLinkTitle)
      const elsewhere = await askForLink(server(), requestOf(clientId))
      assert.equal(titleIn(await browser.visit(second)), deadLinkTitle)
      assert.ok(codeOf(await elsewhere.browser.visit(await linkSentTo(server(), poolId))))
    })

    it('limits how many links are sent', async () => {
      const { browser, poolId, sent } = await givenAsked(server())
      let page = sent
      for (let count = 2; count <= 20; count++) page = await follow(browser, await answer(browser, page, { action: 'resend' }))
      const refused = await answer(browser, page, { action: 'resend' })
      assert.deepEqual([refused.status, alertIn(refused)], [400, 'Too many attempts. Please wait a while and try again.'])
      assert.equal((await messagesOf(server(), poolId)).length, 20)
    })

    it('resends as long as the link lives, though the Session of a challenge lives for three minutes', async () => {
      const { browser, poolId, sent } = await givenAsked(server())
      server().clock.advance(10 * minute)
      await answer(browser, sent, { action: 'resend' })
      assert.ok(codeOf(await browser.visit(await linkSentTo(server(), poolId))))
    })

    it('lets the user take another way instead', async () => {
      const { browser, sent } = await givenAsked(server())
      const choice = await follow(browser, await answer(browser, sent, { action: 'change' }))
      assert.equal(titleIn(choice), 'Choose how to sign in')
      const password = await follow(browser, await answer(browser, choice, { factor: 'PASSWORD' }))
      assert.ok(codeOf(await answer(browser, password, { password: goodPassword })))
    })

    it('is among the ways that a user can choose', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      const browser = new TestBrowser(server())
      const login = await browser.visit(`/login?${requestOf(clientId)}`)
      const choice = await follow(browser, await answer(browser, login, { username: 'ana' }))
      assert.match(choice.text, /name="factor" value="link"><span>Email me a link</)
      const sent = await follow(browser, await answer(browser, choice, { factor: 'link' }))
      assert.equal(titleIn(sent), 'Check your email')
      assert.ok(codeOf(await browser.visit(await linkSentTo(server(), poolId))))
    })

    it('is offered on the classic page, too, on a domain of the pool', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      const prefix = `links-${poolId.slice(-9).toLowerCase()}`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: prefix, ManagedLoginVersion: 1 }))
      const browser = new TestBrowser(server(), `${prefix}.auth.localhost`)
      const { sent } = await askForLink(server(), requestOf(clientId), 'ana', browser)
      assert.equal(titleIn(sent), 'Check your email')
      const [message] = await messagesOf(server(), poolId)
      assert.match(message?.text ?? '', new RegExp(`\\(http://${prefix}\\.auth\\.localhost:\\d+/login/link\\?client_id=`))
      assert.ok(codeOf(await browser.visit(await linkSentTo(server(), poolId))))
    })

    it('continues a request that the app pushed, in another browser as well', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: 'STRICT' } })
      const form = { client_id: clientId, response_type: 'code', redirect_uri: callback, state: 'pushed' }
      for (const inAnother of [false, true]) {
        const { body } = await post(server(), '/oauth2/par', form)
        const query = encode({ client_id: clientId, request_uri: String(body['request_uri']) })
        const { browser } = await askForLink(server(), query)
        server().clock.advance(10 * minute)
        const link = await linkSentTo(server(), poolId)
        const other = new TestBrowser(server())
        const reply = inAnother ? await answer(other, await other.visit(link)) : await browser.visit(link)
        assert.equal(paramsIn(locationOf(reply)).get('state'), 'pushed')
        assert.ok(codeOf(reply))
      }
    })

    it('keeps the wish to stay signed in for the browser that asked, and for no other', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      const SignInLinks = { Enabled: true }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, HostedPages: { RememberMeDays: 30, SignInLinks } })
      async function sessionSeconds(openLink: (browser: TestBrowser, link: string) => Promise<Reply>): Promise<string | undefined> {
        const browser = new TestBrowser(server())
        const form = { ...hiddenFieldsIn(await browser.visit(`/login?${requestOf(clientId)}`)), username: 'ana', remember: 'true' }
        await browser.submit(`/login/link/send?${requestOf(clientId)}`, form)
        const reply = await openLink(browser, await linkSentTo(server(), poolId))
        const cookie = reply.headers.getSetCookie().find((line) => line.startsWith(`cognito-${poolId}=`))
        return /Max-Age=(\d+)/.exec(cookie ?? '')?.[1]
      }
      assert.equal(await sessionSeconds((browser, link) => browser.visit(link)), String(30 * 24 * 3600))
      const inAnother = async (_: TestBrowser, link: string) => {
        const other = new TestBrowser(server())
        return answer(other, await other.visit(link))
      }
      assert.equal(await sessionSeconds(inAnother), '3600')
    })
  })
}
