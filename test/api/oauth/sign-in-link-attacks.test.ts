import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolDomainCommand,
  RespondToAuthChallengeCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { findDecoyLike, startBy } from '../../support/choice.ts'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { callback, codeClient, givenClient, type Reply, send } from '../../support/oauth.ts'
import { alertIn, titleIn } from '../../support/page-texts.ts'
import { attributeList, codeSentTo, messagesOf, sentTo } from '../../support/self-service.ts'
import { givenUser } from '../../support/sign-in.ts'
import {
  anaEmail,
  answer,
  askForLink,
  codeOf,
  deadLinkTitle,
  follow,
  givenAsked,
  givenLinkPool,
  linkClient,
  linkSentTo,
  linksSentTo,
  requestOf,
} from '../../support/sign-in-links.ts'
import { formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { startTestServer, useTestServer } from '../../support/test-server.ts'

const asking = 'Sign in as ana?'

for (const engine of engines) {
  describe(`A sign-in by a link under attack on ${engine.name}`, () => {
    const server = useTestServer(engine)

    const isSignedIn = async (browser: TestBrowser, clientId: string) =>
      locationOf(await browser.visit(`/oauth2/authorize?${requestOf(clientId)}`)).startsWith(callback)

    it('is not used up by programs that follow the link without cookies', async () => {
      const { browser, link } = await givenAsked(server())
      for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE']) assert.equal((await send(server(), link, { method })).status, 405)
      for (let count = 0; count < 3; count++) assert.equal(titleIn(await send(server(), link)), asking)
      assert.equal(titleIn(await new TestBrowser(server()).submit(link, '')), deadLinkTitle, 'A form without the fields of the page.')
      assert.ok(codeOf(await browser.visit(link)))
    })

    it('is not used up by a form without the token of the browser, or from another site', async () => {
      const { browser, clientId, link } = await givenAsked(server())
      const page = await send(server(), link)
      const refused = await new TestBrowser(server()).submit(formActionIn(page), hiddenFieldsIn(page))
      assert.deepEqual([refused.status, titleIn(refused)], [400, asking])
      assert.match(alertIn(refused), /did not keep our cookie/)
      const other = new TestBrowser(server())
      const form = hiddenFieldsIn(await other.visit(link))
      const foreign = await other.submit('/login/link', form, { 'sec-fetch-site': 'cross-site' })
      assert.deepEqual([foreign.status, alertIn(foreign)], [400, 'This page has expired. Please try again.'])
      assert.equal(await isSignedIn(other, clientId), false)
      assert.ok(codeOf(await browser.visit(link)))
    })

    const previews: readonly (readonly [string, string])[] = [
      ['sec-purpose', 'prefetch;prerender'],
      ['purpose', 'prefetch'],
      ['sec-fetch-dest', 'iframe'],
    ]
    for (const [name, value] of previews) {
      it(`is not used up when the browser that asked loads it with ${name}: ${value}`, async () => {
        const { browser, link } = await givenAsked(server())
        assert.equal(titleIn(await browser.visit(link, { [name]: value })), asking)
        assert.ok(codeOf(await browser.visit(link)))
      })
    }

    it('never signs in the browser of an attacker who asked for a link of the user', async () => {
      const { browser: attacker, clientId, sent, link } = await givenAsked(server())
      const user = new TestBrowser(server())
      const page = await user.visit(link)
      assert.match(page.text, /The other browser will not be signed in\./)
      assert.ok(codeOf(await answer(user, page)))
      assert.equal(await isSignedIn(user, clientId), true)
      assert.equal(await isSignedIn(attacker, clientId), false)
      const waiting = await attacker.visit(`/login/link/sent?${requestOf(clientId)}`)
      assert.deepEqual([waiting.status, titleIn(waiting)], [200, 'Check your email'])
      assert.equal(titleIn(await attacker.visit(link)), deadLinkTitle)
      assert.equal(titleIn(await follow(attacker, await answer(attacker, sent, { action: 'resend' }))), 'Check your email')
      assert.equal(await isSignedIn(attacker, clientId), false)
    })

    it('never signs a user in unawares by a link that an attacker asked for', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      await givenUser(server(), poolId, 'mallory', { attributes: attributeList({ email: 'mallory@example.test', email_verified: 'true' }) })
      await askForLink(server(), requestOf(clientId), 'mallory')
      const bait = await linkSentTo(server(), poolId, 'mallory@example.test')
      const { browser: user } = await askForLink(server(), requestOf(clientId))
      const page = await user.visit(bait)
      assert.deepEqual([page.status, titleIn(page)], [200, 'Sign in as mallory?'])
      assert.equal(await isSignedIn(user, clientId), false)
      const opened = await user.visit(await linkSentTo(server(), poolId))
      assert.ok(codeOf(opened), "The attacker's link leaves the user's own sign-in alone.")
    })

    it('asks first when the browser that asked for the link has begun another sign-in since', async () => {
      const { browser, clientId, link } = await givenAsked(server())
      const login = await browser.visit(`/login?${requestOf(clientId)}`)
      await answer(browser, login, { username: 'ana' })
      assert.equal(titleIn(await browser.visit(link)), asking)
    })

    it('belongs to its client and its pool', async () => {
      const { browser, poolId, link } = await givenAsked(server())
      const token = paramsIn(link).get('token') ?? ''
      const sibling = await givenClient(server(), poolId, { ...codeClient, ...linkClient })
      const stranger = await givenLinkPool(server())
      for (const clientId of [sibling.clientId, stranger.clientId, 'nobody', '']) {
        const reply = await browser.visit(`/login/link?client_id=${clientId}&token=${token}`)
        assert.deepEqual([reply.status, titleIn(reply)], [400, deadLinkTitle])
        assert.ok(!reply.text.includes('the-state'))
      }
      assert.ok(codeOf(await browser.visit(link)))
    })

    it('does not exist on the domain of another pool', async () => {
      const { poolId, link } = await givenAsked(server())
      const stranger = await givenLinkPool(server())
      const prefix = (id: string) => `d-${id.slice(-9).toLowerCase()}`
      for (const id of [poolId, stranger.poolId]) {
        await server().send(new CreateUserPoolDomainCommand({ UserPoolId: id, Domain: prefix(id), ManagedLoginVersion: 1 }))
      }
      const at = (id: string) => new TestBrowser(server(), `${prefix(id)}.auth.localhost`).visit(link)
      assert.equal(titleIn(await at(stranger.poolId)), deadLinkTitle)
      assert.equal(titleIn(await at(poolId)), asking)
    })

    it('continues the request that it was asked for, whatever its address says', async () => {
      const { poolId } = await givenLinkPool(server())
      const other = 'https://other.test/callback'
      const { clientId } = await givenClient(server(), poolId, { ...codeClient, ...linkClient, CallbackURLs: [callback, other] })
      const { browser } = await askForLink(server(), requestOf(clientId))
      const link = `${await linkSentTo(server(), poolId)}&redirect_uri=${encodeURIComponent(other)}&state=changed&response_type=token`
      const back = locationOf(await browser.visit(link))
      assert.ok(back.startsWith(`${callback}?code=`), back)
      assert.equal(paramsIn(back).get('state'), 'the-state')
    })

    it('leads to no redirect URI that the client has given up', async () => {
      const { browser, poolId, clientId, link } = await givenAsked(server())
      const changed = { ...codeClient, ...linkClient, CallbackURLs: ['https://new.test/callback'] }
      await server().send(new UpdateUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId, ...changed }))
      assert.equal(locationOf(await browser.visit(link)), `/error?error=redirect_mismatch&client_id=${clientId}`)
    })

    it('leaves one link that works when two browsers ask at the same time', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      await Promise.all([askForLink(server(), requestOf(clientId)), askForLink(server(), requestOf(clientId))])
      const titles = await Promise.all((await linksSentTo(server(), poolId)).map(async (link) => titleIn(await send(server(), link))))
      assert.deepEqual(titles.toSorted(), [asking, deadLinkTitle])
    })

    it('is bound to the PKCE challenge of the request', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      const challenge = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' }
      const { browser } = await askForLink(server(), requestOf(clientId, challenge))
      const code = codeOf(await browser.visit(await linkSentTo(server(), poolId))) ?? ''
      const form = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code }
      const redeem = (more: object) => new TestBrowser(server()).submit('/oauth2/token', { ...form, ...more }).then(({ status }) => status)
      assert.equal(await redeem({}), 400)
      assert.equal(await redeem({ code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' }), 200)
    })

    it('answers a token that no link has like one that was used', async () => {
      const { clientId } = await givenLinkPool(server())
      const bad = ['x', 'A'.repeat(43), 'A'.repeat(9000), '%00', `${'A'.repeat(43)}&token=${'B'.repeat(43)}`, "' or 1=1 --", '']
      for (const token of bad) {
        const reply = await send(server(), `/login/link?client_id=${clientId}&token=${token}`)
        assert.deepEqual([reply.status, titleIn(reply)], [400, deadLinkTitle])
      }
    })

    it('does not work while wrong codes lock the user out', async () => {
      const { browser, poolId, clientId, link } = await givenAsked(server())
      const { Session } = await startBy(server(), clientId, 'ana', 'EMAIL_OTP')
      const code = await codeSentTo(server(), poolId, anaEmail)
      const EMAIL_OTP_CODE = code === '00000000' ? '11111111' : '00000000'
      const ChallengeResponses = { USERNAME: 'ana', EMAIL_OTP_CODE }
      const wrong = { ClientId: clientId, ChallengeName: 'EMAIL_OTP' as const, Session, ChallengeResponses }
      for (let count = 0; count < 5; count++) {
        await assert.rejects(server().send(new RespondToAuthChallengeCommand(wrong)), { name: 'CodeMismatchException' })
      }
      const locked = await browser.visit(link)
      assert.deepEqual([locked.status, codeOf(locked)], [400, null])
      server().clock.advance(1000)
      assert.ok(codeOf(await browser.visit(link)))
    })

    it('shows a name as text and never as markup', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      const username = '<b>ana</b>'
      const attributes = attributeList({ email: 'bold@example.test', email_verified: 'true' })
      await givenUser(server(), poolId, username, { attributes })
      await askForLink(server(), requestOf(clientId), username)
      const page = await send(server(), await linkSentTo(server(), poolId, 'bold@example.test'))
      assert.match(page.text, /Sign in as &lt;b&gt;ana&lt;\/b&gt;\?/)
      assert.ok(!page.text.includes(username))
    })

    it('keeps the answers out of caches and the address out of the Referer header', async () => {
      const { browser, link } = await givenAsked(server())
      for (const reply of [await send(server(), link), await browser.visit(link), await browser.visit(link)]) {
        assert.equal(reply.headers.get('cache-control'), 'no-store')
        assert.equal(reply.headers.get('referrer-policy'), 'no-referrer')
        assert.match(reply.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
      }
    })
  })

  describe(`A link for a name that no user has on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** The page without what differs at each visit. */
    const comparable = ({ status, text }: Reply, name: string) => ({
      status,
      text: text
        .replaceAll(name, 'NAME')
        .replace(/ [ab]\*\*\*@/, ' .***@')
        .replaceAll(/value="[\w-]{20,}"/g, 'value="…"'),
    })

    const hiding = { PreventUserExistenceErrors: 'ENABLED' as const }
    const givenHidingPool = () => givenLinkPool(server(), { pool: { UsernameAttributes: ['email'] }, client: hiding }, {}, anaEmail)

    it('looks as for a user, and sends and stores nothing', async () => {
      const { poolId, clientId } = await givenHidingPool()
      const known = await askForLink(server(), requestOf(clientId), anaEmail)
      const bobEmail = await findDecoyLike(server(), clientId, anaEmail)
      const unknown = await askForLink(server(), requestOf(clientId), bobEmail)
      const pagesOf = async ({ browser, sent }: typeof known, name: string) => {
        const resent = await follow(browser, await answer(browser, sent, { action: 'resend' }))
        const others = await follow(browser, await answer(browser, resent, { action: 'change' }))
        return [sent, resent, others].map((page) => comparable(page, name))
      }
      const pages = await pagesOf(known, anaEmail)
      assert.deepEqual(await pagesOf(unknown, bobEmail), pages)
      assert.match(pages[0]?.text ?? '', /we sent a link to .\*\*\*@e\*\*\*/)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-in-link ${anaEmail}`, `sign-in-link ${anaEmail}`])
      const storage = await openStorage({ url: server().databaseUrl })
      const rows = await storage.db.selectFrom('sign_in_link').select('sub').where('pool_id', '=', poolId).execute()
      await storage.close()
      assert.equal(rows.length, 1)
    })

    it('says that there is no such user where the client does not hide it', async () => {
      const { clientId } = await givenLinkPool(server(), { client: { PreventUserExistenceErrors: 'LEGACY' } })
      const browser = new TestBrowser(server())
      const page = await browser.visit(`/login?${requestOf(clientId)}`)
      const refused = await browser.submit(`/login/link/send?${requestOf(clientId)}`, { ...hiddenFieldsIn(page), username: 'bob' })
      assert.deepEqual([refused.status, alertIn(refused)], [400, 'There is no account with this name.'])
    })

    it('has the same limit', async () => {
      const { clientId } = await givenHidingPool()
      const { browser, sent } = await askForLink(server(), requestOf(clientId), await findDecoyLike(server(), clientId, anaEmail))
      let page = sent
      for (let count = 2; count <= 20; count++) page = await follow(browser, await answer(browser, page, { action: 'resend' }))
      assert.equal((await answer(browser, page, { action: 'resend' })).status, 400)
    })
  })
}

for (const engine of engines.slice(0, 1)) {
  describe('The token of a link', () => {
    it('is neither in the log nor in the database', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startTestServer(engine, { logger })
      const { poolId, clientId } = await givenLinkPool(server)
      const { browser } = await askForLink(server, requestOf(clientId, { nonce: 'the-nonce' }))
      const link = await linkSentTo(server, poolId)
      const token = paramsIn(link).get('token') ?? ''
      await send(server, link)
      await browser.visit(link)
      const storage = await openStorage({ url: server.databaseUrl })
      const rows = await storage.db.selectFrom('sign_in_link').selectAll().execute()
      await storage.close()
      assert.equal(rows.length, 1)
      assert.ok(token.length === 43 && !JSON.stringify(rows).includes(token))
      for (const secret of [token, 'the-nonce', 'the-state', anaEmail]) assert.ok(!lines.some((line) => line.includes(secret)), secret)
      const operations = lines.map((line) => (JSON.parse(line) as { operation?: string }).operation)
      assert.ok(operations.includes('GET /login/link'))
      assert.equal((await messagesOf(server, poolId)).length, 1)
    })
  })
}
