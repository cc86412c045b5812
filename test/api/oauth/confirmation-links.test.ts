import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminGetUserCommand,
  CreateUserPoolDomainCommand,
  ResendConfirmationCodeCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, anaForm, anaEmail as email, givenVerifyingPool, goodForm } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { callback, type Reply } from '../../support/oauth.ts'
import { alertIn, noticeIn, titleIn } from '../../support/page-texts.ts'
import { messagesOf, sentTo, signUp } from '../../support/self-service.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { csrfTokenIn, formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const welcome = 'https://app.test/welcome'
const byLink = {
  AutoVerifiedAttributes: ['email' as const],
  VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' as const },
}

for (const engine of engines) {
  describe(`Confirmation links on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const { open, answer, follow, requestOf } = accountPages(server)

    async function givenPool(ConfirmationLinks: object | undefined, { pool, client = {} }: TestPoolOptions = {}) {
      const given = await givenVerifyingPool(server(), { pool: { ...byLink, ...pool }, client })
      const domain = `links-${given.poolId.slice(-9).toLowerCase()}`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: given.poolId, Domain: domain }))
      if (ConfirmationLinks !== undefined) await setLinks(given, ConfirmationLinks)
      return { ...given, domain }
    }
    const setLinks = ({ poolId, clientId }: { poolId: string; clientId: string }, ConfirmationLinks: object) =>
      callLifeguard(server(), 'SetUserPoolClientExtensions', { UserPoolId: poolId, ClientId: clientId, ConfirmationLinks })
    /** The address in the newest message, without its host. */
    async function linkOf(poolId: string): Promise<string> {
      const message = (await messagesOf(server(), poolId)).at(-1)
      const link = /href="([^"]+)"/.exec(message?.html ?? '')?.[1] ?? ''
      const { host, pathname, search } = new URL(link.replaceAll('&amp;', '&'))
      assert.equal(host, new URL(server().url).host)
      return pathname + search
    }
    async function signUpOnPage(clientId: string) {
      const { browser, page } = await open('/signup', clientId)
      const asked = await follow(browser, await answer(browser, page, anaForm()))
      assert.match(asked.text, /We sent a link/)
      return browser
    }
    const click = (browser: TestBrowser, page: Reply) => browser.submit(formActionIn(page), { _csrf: csrfTokenIn(page) })
    const statusOf = async (poolId: string) =>
      (await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))).UserStatus
    const nextIn = ({ text }: Reply) =>
      /class="button-link[^"]*" href="([^"]+)">([^<]+)</
        .exec(text)
        ?.slice(1)
        .map((one) => one.replaceAll('&amp;', '&'))

    it('confirm at once without the setting, and lead to the sign-in page for the app', async () => {
      const { poolId, clientId } = await givenPool(undefined)
      const browser = await signUpOnPage(clientId)
      const link = await linkOf(poolId)
      const other = new TestBrowser(server())
      const page = await other.visit(link)
      assert.deepEqual([page.status, titleIn(page), await statusOf(poolId)], [200, 'Your account is confirmed', 'CONFIRMED'])
      const [href = '', label] = nextIn(page) ?? []
      assert.equal(label, 'Sign in')
      assert.deepEqual(Object.fromEntries(paramsIn(href)), { client_id: clientId, response_type: 'code', redirect_uri: callback })
      assert.ok(paramsIn(locationOf(await other.submitLogin(href, 'ana'))).get('code'))
      assert.equal((await browser.visit(link)).status, 400)
    })

    it('lead to the request of the app in the browser of the sign-up', async () => {
      const { poolId, clientId } = await givenPool(undefined)
      const browser = await signUpOnPage(clientId)
      const page = await browser.visit(await linkOf(poolId))
      assert.deepEqual(nextIn(page), [`/login?${requestOf(clientId)}`, 'Sign in'])
    })

    it('use nothing up before the click, however often a mail scanner opens them', async () => {
      const { poolId, clientId } = await givenPool({ SignIn: true })
      await signUpOnPage(clientId)
      const link = await linkOf(poolId)
      for (let at = 0; at < 20; at++) {
        const scanned = await new TestBrowser(server()).visit(link)
        assert.deepEqual([scanned.status, titleIn(scanned)], [200, 'Confirm your account'])
      }
      assert.equal(await statusOf(poolId), 'UNCONFIRMED')
      const browser = new TestBrowser(server())
      const done = await click(browser, await browser.visit(link))
      assert.deepEqual([done.status, titleIn(done), nextIn(done)?.[1]], [200, 'Your account is confirmed', 'Sign in'])
      assert.equal(await statusOf(poolId), 'CONFIRMED')
      const again = await click(browser, await browser.visit(link))
      assert.deepEqual([again.status, titleIn(again)], [400, 'This link is not valid'])
    })

    it('sign the user in after the click in the browser of the sign-up, and return to the app', async () => {
      const triggers = endpoint.given({ PostConfirmation: agree, PreAuthentication: agree, PostAuthentication: agree })
      const { poolId, clientId } = await givenPool({ SignIn: true }, { pool: { LambdaConfig: triggers.lambdaConfig } })
      const browser = await signUpOnPage(clientId)
      server().clock.advance(30 * 60_000)
      const link = await linkOf(poolId)
      const page = await browser.visit(link)
      assert.match(page.headers.get('content-security-policy') ?? '', /form-action 'self' https:/)
      const back = locationOf(await click(browser, page))
      assert.ok(back.startsWith(callback) && paramsIn(back).get('code'), back)
      assert.equal(paramsIn(back).get('state'), 's')
      assert.equal(browser.cookies.has(`cognito-step-${poolId}`), false)
      assert.deepEqual(triggers.fired, [
        'PostConfirmation_ConfirmSignUp',
        'PreAuthentication_Authentication',
        'PostAuthentication_Authentication',
      ])
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
    })

    it('sign in no other user of the browser, and only confirm without SignIn', async () => {
      const { poolId, clientId } = await givenPool({ SignIn: true })
      const browser = await signUpOnPage(clientId)
      await signUp(server(), clientId, 'ben', { email: 'ben@example.test' })
      const confirmed = await click(browser, await browser.visit(await linkOf(poolId)))
      assert.deepEqual([confirmed.status, titleIn(confirmed)], [200, 'Your account is confirmed'])
      const plain = await givenPool({ ReturnUrls: [] })
      const own = await signUpOnPage(plain.clientId)
      const page = await click(own, await own.visit(await linkOf(plain.poolId)))
      assert.deepEqual([page.status, titleIn(page)], [200, 'Your account is confirmed'])
    })

    it('need the form of their own page', async () => {
      const { poolId, clientId } = await givenPool({ SignIn: true })
      const browser = await signUpOnPage(clientId)
      const link = await linkOf(poolId)
      await browser.visit(link)
      for (const _csrf of ['', 'x'.repeat(43)]) {
        const refused = await browser.submit(link, { _csrf })
        assert.deepEqual([refused.status, titleIn(refused)], [200, 'Confirm your account'])
      }
      const foreign = await browser.submit(link, hiddenFieldsIn(await browser.visit(link)), { 'sec-fetch-site': 'cross-site' })
      assert.equal(titleIn(foreign), 'Confirm your account')
      assert.equal(await statusOf(poolId), 'UNCONFIRMED')
    })

    it('return to the address that the app names, at the sign-up and when a message is sent again', async () => {
      const given = await givenPool({ ReturnUrls: [welcome] })
      const { poolId, clientId } = given
      const request = { ClientId: clientId, Username: 'ana', ClientMetadata: { return_url: welcome } }
      await server().send(new SignUpCommand({ ...request, Password: goodPassword, UserAttributes: [{ Name: 'email', Value: email }] }))
      assert.equal(paramsIn(await linkOf(poolId)).get('redirect_uri'), welcome)
      await server().send(new ResendConfirmationCodeCommand({ ...request, ClientMetadata: { return_url: 'https://app.test/bye' } }))
      const link = await linkOf(poolId)
      assert.equal(paramsIn(link).get('redirect_uri'), 'https://app.test/bye')
      const browser = new TestBrowser(server())
      const page = await click(browser, await browser.visit(link))
      assert.deepEqual(nextIn(page), ['https://app.test/bye', 'Continue'])
    })

    it('lead to no address that is not of the client, whether the app or a forged link names it', async () => {
      const given = await givenPool({ ReturnUrls: [welcome] })
      const { poolId, clientId } = given
      const attributes = [{ Name: 'email', Value: email }]
      const signUpTo = (return_url: string, ClientId = clientId) =>
        server().send(
          new SignUpCommand({
            ClientId,
            Username: 'ana',
            Password: goodPassword,
            UserAttributes: attributes,
            ClientMetadata: { return_url },
          }),
        )
      for (const url of ['https://evil.test/', `${welcome}/more`, 'javascript:alert(1)', 'x'.repeat(2000)]) {
        await assert.rejects(signUpTo(url), { name: 'InvalidParameterException' }, url)
      }
      assert.deepEqual(await sentTo(server(), poolId), [])
      await signUpTo(welcome)
      const forged = (await linkOf(poolId)).replace(encodeURIComponent(welcome), encodeURIComponent('https://evil.test/'))
      const browser = new TestBrowser(server())
      const page = await click(browser, await browser.visit(forged))
      assert.equal(titleIn(page), 'Your account is confirmed')
      assert.match(nextIn(page)?.[0] ?? '', /^\/login\?/)
      assert.ok(!page.text.includes('evil'))
      const off = await givenPool(undefined)
      await signUpTo('https://evil.test/', off.clientId)
      assert.equal(paramsIn(await linkOf(off.poolId)).get('redirect_uri'), null)
    })

    it('are refused addresses that cannot be redirected to, and shown by GetUserPoolClientExtensions', async () => {
      const given = await givenPool({ SignIn: true, ReturnUrls: [welcome] })
      const ids = { UserPoolId: given.poolId, ClientId: given.clientId }
      const shown = await callLifeguard(server(), 'GetUserPoolClientExtensions', ids)
      assert.deepEqual(shown.ConfirmationLinks, { SignIn: true, ReturnUrls: [welcome] })
      for (const url of ['/welcome', 'http://app.test/', `${welcome}#x`, 'javascript:alert(1)']) {
        await assert.rejects(setLinks(given, { ReturnUrls: [url] }), { name: 'InvalidParameterException' }, url)
      }
      await setLinks(given, {})
      assert.equal((await callLifeguard(server(), 'GetUserPoolClientExtensions', ids)).ConfirmationLinks, undefined)
    })

    it('lead to the domain of the pool where the user signs up there', async () => {
      const { poolId, clientId, domain } = await givenPool({ SignIn: true })
      const { hostname, port } = new URL(server().url)
      const host = `${domain}.auth.${hostname}:${port}`
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId })
      const browser = new TestBrowser(server(), host)
      const page = await browser.visit(`/signup?${requestOf(clientId)}`)
      await answer(browser, page, goodForm(anaForm()))
      const message = (await messagesOf(server(), poolId)).at(-1)
      const link = new URL(/href="([^"]+)"/.exec(message?.html ?? '')?.[1]?.replaceAll('&amp;', '&') ?? '')
      assert.equal(link.host, host)
      const back = locationOf(await click(browser, await browser.visit(link.pathname + link.search)))
      assert.ok(back.startsWith(callback) && paramsIn(back).get('code'))
      assert.equal(alertIn(page) + noticeIn(page), '')
    })
  })
}
