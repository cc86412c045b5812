import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { giveAttributes, prefer, registerApp, setMfa } from '../../../support/mfa.ts'
import { callback, encode, post, type Reply, requestToken } from '../../../support/oauth.ts'
import { registerPasskey, setWebAuthn, withPasskeys } from '../../../support/passkeys.ts'
import { codeSentTo } from '../../../support/self-service.ts'
import { claimsOf, givenTokens, givenUser, goodPassword } from '../../../support/sign-in.ts'
import type { RequestOptions } from '../../../support/software-authenticator.ts'
import { discover, givenStrictPool, redeemCode } from '../../../support/strict.ts'
import { formActionIn, hiddenFieldsIn, locationOf, paramsIn, passkeyOptionsIn, TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

const loa = (level: number) => `urn:cognito:loa:${level}`
const essential = (...values: readonly string[]) => JSON.stringify({ id_token: { acr: { essential: true, values } } })
const apiClient = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }

for (const engine of engines) {
  describe(`acr_values and the claim acr in manner strict on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** A pool with ana, who has a password only, and ben, who has an authenticator app but is not asked for it. */
    async function givenUsers(options: Parameters<typeof givenStrictPool>[1] = {}) {
      const given = await givenStrictPool(server(), { ...options, client: { ...apiClient, ...options.client } })
      await setMfa(server(), given.poolId, 'OPTIONAL', ['totp'])
      await givenUser(server(), given.poolId, 'ben')
      const { accessToken } = await givenTokens(server(), given.clientId, 'ben')
      return { ...given, app: await registerApp(server(), accessToken) }
    }
    type Given = Awaited<ReturnType<typeof givenUsers>>
    type Query = Readonly<Record<string, string | undefined>>

    const authorize = (browser: TestBrowser, { clientId }: Given, more: Query = {}) =>
      browser.visit(
        `/oauth2/authorize?${encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', scope: 'openid', ...more })}`,
      )
    const signIn = async (browser: TestBrowser, given: Given, username: string, more: Query = {}) =>
      browser.submitLogin(locationOf(await authorize(browser, given, more)), username)
    const answerCode = async (browser: TestBrowser, reply: Reply, code: string) => {
      const page = await browser.visit(locationOf(reply))
      return browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), code })
    }
    const answerIn = (reply: Reply) => paramsIn(locationOf(reply))
    const tokensFor = (given: Given, reply: Reply) => redeemCode(server(), given, answerIn(reply).get('code') ?? '')
    const assuranceIn = (token: unknown) => {
      const { acr, amr } = claimsOf(String(token))
      return { acr, amr }
    }
    const withApp = { acr: loa(4), amr: ['pwd', 'otp', 'mfa'] }
    const byPassword = { acr: loa(1), amr: ['pwd'] }

    it('says in all tokens how the user was authenticated, whether or not the app asks', async () => {
      const given = await givenUsers()
      const tokens = await tokensFor(given, await signIn(new TestBrowser(server()), given, 'ana'))
      assert.deepEqual([assuranceIn(tokens['id_token']), assuranceIn(tokens['access_token'])], [byPassword, byPassword])
      const { as } = await discover(server(), given.poolId)
      assert.deepEqual(as.acr_values_supported, [loa(1), loa(2), loa(3), loa(4)])
    })

    it('asks for a second factor that leads to the level, and says the level also after a refresh', async () => {
      const given = await givenUsers()
      for (const more of [{ acr_values: `unknown ${loa(4)}` }, { claims: essential(loa(4)) }, { claims: essential('unknown', loa(4)) }]) {
        const browser = new TestBrowser(server())
        const reply = await signIn(browser, given, 'ben', more)
        assert.match(locationOf(reply), /^\/challenge\?/)
        const wrong = await answerCode(browser, reply, '000000')
        assert.equal(wrong.status, 400)
        const tokens = await tokensFor(given, await answerCode(browser, reply, given.app.code()))
        assert.deepEqual(assuranceIn(tokens['id_token']), withApp, JSON.stringify(more))
        const form = { grant_type: 'refresh_token', client_id: given.clientId, refresh_token: String(tokens['refresh_token']) }
        assert.deepEqual(assuranceIn((await requestToken(server(), form)).body['id_token']), withApp)
        server().clock.advance(30_000)
      }
    })

    it('names the level that the app asks for when the user has reached a higher one', async () => {
      const given = await givenUsers()
      const browser = new TestBrowser(server())
      const stepped = await answerCode(browser, await signIn(browser, given, 'ben', { acr_values: loa(4) }), given.app.code())
      assert.ok(answerIn(stepped).get('code'))
      const cases = [
        [{ acr_values: loa(3) }, loa(3)],
        [{ claims: essential(loa(2)) }, loa(2)],
        [{ acr_values: `${loa(2)} ${loa(4)}` }, loa(2)],
        [{ acr_values: loa(1), claims: essential(loa(4)) }, loa(4)],
        [{}, loa(4)],
      ] as const
      for (const [more, acr] of cases) {
        const tokens = await tokensFor(given, await authorize(browser, given, { prompt: 'none', ...more }))
        assert.deepEqual(assuranceIn(tokens['id_token']), { ...withApp, acr }, JSON.stringify(more))
        const form = { grant_type: 'refresh_token', client_id: given.clientId, refresh_token: String(tokens['refresh_token']) }
        assert.equal(assuranceIn((await requestToken(server(), form)).body['access_token']).acr, acr)
      }
    })

    it('refuses after the sign-in when the user cannot reach a level that the app insists on', async () => {
      const given = await givenUsers()
      const browser = new TestBrowser(server())
      const refused = answerIn(await signIn(browser, given, 'ana', { claims: essential(loa(4)), state: 's' }))
      assert.deepEqual([refused.get('error'), refused.get('state'), refused.get('code')], ['unmet_authentication_requirements', 's', null])
      const silent = await authorize(browser, given, { prompt: 'none', claims: essential(loa(3), loa(4)) })
      assert.equal(answerIn(silent).get('error'), 'login_required')
      for (const prompt of ['none', 'login']) {
        const unknown = await authorize(browser, given, { prompt, claims: essential('unknown') })
        assert.equal(answerIn(unknown).get('error'), 'unmet_authentication_requirements')
      }
    })

    it('goes on without the level when the app does not insist, and does not ask again in the same session', async () => {
      const given = await givenUsers()
      const browser = new TestBrowser(server())
      for (const reply of [
        await signIn(browser, given, 'ana', { acr_values: loa(4) }),
        await authorize(browser, given, { acr_values: loa(4) }),
      ]) {
        assert.deepEqual(assuranceIn((await tokensFor(given, reply))['id_token']), byPassword)
      }
      const voluntary = JSON.stringify({ id_token: { acr: { values: [loa(3)] } } })
      assert.ok(answerIn(await authorize(browser, given, { prompt: 'none', claims: voluntary })).get('code'))
    })

    it('asks a user with a session for a new sign-in when the user could reach the level', async () => {
      const given = await givenUsers()
      const browser = new TestBrowser(server())
      await signIn(browser, given, 'ben')
      for (const more of [{ acr_values: loa(4) }, { claims: essential(loa(4)) }]) {
        assert.equal(answerIn(await authorize(browser, given, { ...more, prompt: 'none' })).get('error'), 'login_required')
        assert.match(locationOf(await authorize(browser, given, more)), /^\/login\?/)
      }
      assert.ok(answerIn(await authorize(browser, given, { acr_values: loa(1) })).get('code'))
      const done = await answerCode(browser, await signIn(browser, given, 'ben', { acr_values: loa(4) }), given.app.code())
      assert.deepEqual(assuranceIn((await tokensFor(given, done))['id_token']), withApp)
      assert.ok(answerIn(await authorize(browser, given, { prompt: 'none', claims: essential(loa(4)) })).get('code'))
    })

    it('takes no weaker session or half sign-in for the level, whatever cookies the browser brings', async () => {
      const given = await givenUsers()
      const weak = new TestBrowser(server())
      await signIn(weak, given, 'ben')
      const demanding = { claims: essential(loa(4)) }
      const paths = ['/oauth2/authorize', '/challenge', '/select-account', '/passkeys/add']
      const query = { client_id: given.clientId, redirect_uri: callback, response_type: 'code', scope: 'openid', ...demanding }
      for (const path of paths) {
        const { headers } = await weak.visit(`${path}?${encode(query)}`)
        assert.doesNotMatch(headers.get('location') ?? '', /code=/, path)
      }
      // The challenge belongs to a sign-in that began without a level, and is answered for a request that demands one.
      await setMfa(server(), given.poolId, 'OPTIONAL', ['totp', 'email'])
      await giveAttributes(server(), given.poolId, 'ben', { email: 'ben@example.test', email_verified: 'true' })
      await prefer(server(), given.poolId, 'ben', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      const other = new TestBrowser(server())
      const begun = locationOf(await signIn(other, given, 'ben'))
      const page = await other.visit(begun.replace(/\?.*/, `?${encode(query)}`))
      const code = await codeSentTo(server(), given.poolId, 'ben@example.test')
      const byMail = await other.submit(formActionIn(page), { ...hiddenFieldsIn(page), code })
      assert.match(locationOf(byMail), /^\/challenge\?/)
      const tokens = await tokensFor(given, await answerCode(other, byMail, given.app.code()))
      assert.deepEqual(assuranceIn(tokens['id_token']), { acr: loa(4), amr: ['pwd', 'email_otp', 'otp', 'mfa'] })
      // A request that was pushed keeps its demand, whatever the address says.
      const { body } = await post(server(), '/oauth2/par', query)
      const pushed = {
        client_id: given.clientId,
        request_uri: String(body['request_uri']),
        acr_values: loa(1),
        claims: '{}',
        prompt: 'none',
      }
      assert.match(locationOf(await weak.visit(`/oauth2/authorize?${encode(pushed)}`)), /^\/login\?/)
    })

    it('does not know how a session began that is older than manner strict, so it proves no level', async () => {
      const given = await givenUsers()
      const manner = (Manner: string) => callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: given.poolId, OAuth: { Manner } })
      await manner('COGNITO')
      const browser = new TestBrowser(server())
      await signIn(browser, given, 'ana', { acr_values: loa(4), claims: essential(loa(4)) })
      await manner('STRICT')
      const plain = await tokensFor(given, await authorize(browser, given))
      assert.deepEqual(assuranceIn(plain['id_token']), { acr: undefined, amr: undefined })
      assert.equal(answerIn(await authorize(browser, given, { prompt: 'none', acr_values: loa(1) })).get('error'), 'login_required')
    })

    it('offers only the first factors that lead to the level, where the user chooses one', async () => {
      const factors = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } } }
      const given = await givenUsers({
        pool: factors,
        client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH' as const, 'ALLOW_USER_PASSWORD_AUTH' as const] },
      })
      for (const name of ['ana', 'ben']) {
        await giveAttributes(server(), given.poolId, name, { email: `${name}@example.test`, email_verified: 'true' })
      }
      const begin = async (username: string, more: Query) => {
        const browser = new TestBrowser(server())
        const page = await browser.visit(locationOf(await authorize(browser, given, more)))
        const reply = await browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), username })
        return { browser, page: await browser.visit(locationOf(reply)) }
      }
      const send = (browser: TestBrowser, page: Reply, form: Readonly<Record<string, string>>) =>
        browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...form })
      assert.match((await begin('ben', {})).page.text, /value="EMAIL_OTP"/)
      for (const more of [{ acr_values: loa(4) }, { claims: essential(loa(4)) }]) {
        const { browser, page } = await begin('ben', more)
        assert.doesNotMatch(page.text, /EMAIL_OTP/)
        const proven = await send(browser, page, { password: goodPassword })
        const tokens = await tokensFor(given, await answerCode(browser, proven, given.app.code()))
        assert.deepEqual(assuranceIn(tokens['id_token']), withApp)
        server().clock.advance(30_000)
      }
      const { browser, page } = await begin('ana', { claims: essential(loa(4)) })
      assert.match(page.text, /value="EMAIL_OTP"/)
      const asked = await browser.visit(locationOf(await send(browser, page, { factor: 'PASSWORD' })))
      assert.equal(answerIn(await send(browser, asked, { password: goodPassword })).get('error'), 'unmet_authentication_requirements')
    })

    it('takes a passkey for level 3, and offers none where the app insists on level 4', async () => {
      const given = await givenUsers(withPasskeys)
      await setMfa(server(), given.poolId, 'OFF')
      await setWebAuthn(server(), given.poolId, { RelyingPartyId: 'example.test' })
      const { sub } = await givenUser(server(), given.poolId, 'eve')
      const passkey = await registerPasskey(server(), (await givenTokens(server(), given.clientId, 'eve')).accessToken)
      const browser = new TestBrowser(server())
      const open = async (more: Query) => browser.visit(locationOf(await authorize(browser, given, more)))
      assert.doesNotMatch((await open({ claims: essential(loa(4)) })).text, / data-options=/)
      const page = await open({ claims: essential(loa(4), loa(3)) })
      const used = passkey.use(passkeyOptionsIn(page) as RequestOptions, { userHandle: Buffer.from(sub).toString('base64url') })
      const done = await browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), credential: JSON.stringify(used) })
      assert.deepEqual(assuranceIn((await tokensFor(given, done))['id_token']), { acr: loa(3), amr: ['swk'] })
      assert.match(locationOf(await authorize(browser, given, { claims: essential(loa(4)) })), /^\/login\?/)
    })

    it('uses the names of the pool', async () => {
      const given = await givenUsers({ pool: { AcrConfiguration: { Level1: { AcrValue: 'bronze' }, Level4: { AcrValue: 'phr' } } } })
      const { as } = await discover(server(), given.poolId)
      assert.deepEqual(as.acr_values_supported, ['bronze', loa(2), loa(3), 'phr'])
      const browser = new TestBrowser(server())
      const done = await answerCode(browser, await signIn(browser, given, 'ben', { acr_values: 'phr' }), given.app.code())
      assert.equal(assuranceIn((await tokensFor(given, done))['id_token']).acr, 'phr')
      assert.equal(
        answerIn(await authorize(browser, given, { prompt: 'none', claims: essential(loa(4)) })).get('error'),
        'unmet_authentication_requirements',
      )
    })
  })
}
