import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDeleteSoftwareTokenCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { type FactorName, failUntilLocked, giveAttributes, prefer, registerApp, setMfa } from '../../support/mfa.ts'
import { callback, encode, givenOAuthPool, type Reply } from '../../support/oauth.ts'
import { alertIn, titleIn } from '../../support/page-texts.ts'
import { givenCodes, nobodysCode, setRecoveryCodes, statusOf } from '../../support/recovery-codes.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import { claimsOf, givenUser } from '../../support/sign-in.ts'
import { redeemCode } from '../../support/strict.ts'
import { formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'

const phone = '+12025550199'
const recoveryTitle = 'Enter a recovery code'
const AcrConfiguration = { Level1: { AcrValue: 'bronze' }, Level4: { AcrValue: 'gold' } }
const wrong = 'The code is not right. Check it and try again.'

for (const engine of engines) {
  describe(`The page for a recovery code on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function given(factors: readonly FactorName[] = ['totp'], isOn = true, pool: TestPoolOptions['pool'] = {}) {
      const ids = await givenOAuthPool(server(), {
        client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] },
        pool,
      })
      await setMfa(server(), ids.poolId, 'OPTIONAL', factors)
      await setRecoveryCodes(server(), ids.poolId, true)
      const holder = await givenCodes(server(), ids)
      await setRecoveryCodes(server(), ids.poolId, isOn)
      return holder
    }

    async function firstStep(clientId: string, username = 'ana', more: Readonly<Record<string, string>> = {}) {
      const browser = new TestBrowser(server())
      const query = encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', scope: 'openid', ...more })
      const next = locationOf(await browser.submitLogin(`/login?${query}`, username))
      return { browser, page: await browser.visit(next) }
    }
    const send = (browser: TestBrowser, page: Reply, form: Readonly<Record<string, string>>) =>
      browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...form })
    const go = async (browser: TestBrowser, page: Reply, form: Readonly<Record<string, string>>) =>
      browser.visit(locationOf(await send(browser, page, form)))
    const appCodeOf = (reply: Reply) => paramsIn(locationOf(reply)).get('code')
    const offers = ({ text }: Reply) => text.includes('name="action" value="recovery"')

    it('takes a code in place of that of the app, and leads back to the app with tokens that say so', async () => {
      const { clientId, poolId, codes } = await given(['totp'], true, { AcrConfiguration })
      const { browser, page } = await firstStep(clientId)
      assert.ok(offers(page))
      const asked = await go(browser, page, { action: 'recovery' })
      assert.equal(titleIn(asked), recoveryTitle)
      assert.equal(offers(asked), false)
      const refused = await send(browser, asked, { code: nobodysCode })
      assert.deepEqual([refused.status, titleIn(refused), alertIn(refused)], [400, recoveryTitle, wrong])
      const code = appCodeOf(await send(browser, refused, { code: ` ${(codes[0] ?? '').toLowerCase()} ` })) ?? ''
      const tokens = await redeemCode(server(), { clientId }, code)
      assert.deepEqual(claimsOf(String(tokens['id_token']))['amr'], ['pwd', 'recovery_code', 'mfa'])
      assert.equal((await statusOf(server(), poolId)).Remaining, 9)
    })

    it('leads back to the usual factor without sending another code', async () => {
      const { clientId, poolId } = await given(['totp', 'sms'])
      await giveAttributes(server(), poolId, 'ana', { phone_number: phone })
      await prefer(server(), poolId, 'ana', { SMSMfaSettings: { Enabled: true, PreferredMfa: true } })
      const { browser, page } = await firstStep(clientId)
      const asked = await go(browser, page, { action: 'recovery' })
      const back = await go(browser, asked, { action: 'factor' })
      assert.deepEqual([titleIn(back), offers(back)], ['Enter the code', true])
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${phone}`])
      assert.ok(appCodeOf(await send(browser, back, { code: await codeSentTo(server(), poolId, phone) })))
    })

    it('is reached from the choice among several factors as well', async () => {
      const { clientId, poolId, codes } = await given(['totp', 'sms'])
      await giveAttributes(server(), poolId, 'ana', { phone_number: phone })
      await prefer(server(), poolId, 'ana', { SMSMfaSettings: { Enabled: true } })
      const { browser, page } = await firstStep(clientId)
      assert.deepEqual([titleIn(page), offers(page)], ['Choose how to verify it is you', true])
      const asked = await go(browser, page, { action: 'recovery' })
      assert.ok(appCodeOf(await send(browser, asked, { code: codes[0] ?? '' })))
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('is offered to users without codes as well, and tells them nothing else', async () => {
      const { clientId, poolId, accessToken } = await given()
      assert.ok(accessToken)
      const ben = await givenCodes(server(), { clientId, poolId }, 'ben')
      await server().send(new AdminDeleteSoftwareTokenCommand({ UserPoolId: poolId, Username: 'ben' }))
      assert.ok(ben.codes.length)
      await givenAppAgain(poolId, ben.accessToken)
      assert.equal((await statusOf(server(), poolId, 'ben')).Remaining, 0)
      const { browser, page } = await firstStep(clientId, 'ben')
      const asked = await go(browser, page, { action: 'recovery' })
      const refused = await send(browser, asked, { code: ben.codes[0] ?? '' })
      assert.deepEqual([refused.status, titleIn(refused), alertIn(refused)], [400, recoveryTitle, wrong])
    })

    async function givenAppAgain(poolId: string, accessToken: string) {
      await registerApp(server(), accessToken)
      await prefer(server(), poolId, 'ben', { SoftwareTokenMfaSettings: { Enabled: true } })
    }

    it('is not offered where recovery codes are off, and in the set-up of a factor', async () => {
      const off = await given(['totp'], false)
      const first = await firstStep(off.clientId)
      assert.equal(offers(first.page), false)
      // The button cannot be made up either: the form is taken for a code of the app.
      const refused = await send(first.browser, first.page, { action: 'recovery', code: off.codes[0] ?? '' })
      assert.deepEqual([refused.status, alertIn(refused)], [400, wrong])

      const on = await given(['totp', 'email'])
      await setMfa(server(), on.poolId, 'ON', ['totp', 'email'])
      await givenUser(server(), on.poolId, 'ben')
      const { browser, page } = await firstStep(on.clientId, 'ben')
      assert.equal(offers(page), false)
      const contact = await go(browser, page, { method: 'EMAIL_OTP' })
      const sent = await go(browser, contact, { contact: 'ben@example.test' })
      assert.deepEqual([titleIn(sent), offers(sent)], ['Enter the code', false])
    })

    it('does not reach a level that the app asks for: the user is asked for a real factor next', async () => {
      const { poolId, clientId, codes, app } = await given(['totp'], true, { AcrConfiguration })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: 'STRICT' } })
      const { browser, page } = await firstStep(clientId, 'ana', { acr_values: 'gold' })
      const asked = await go(browser, page, { action: 'recovery' })
      const next = await go(browser, asked, { code: codes[0] ?? '' })
      assert.deepEqual([titleIn(next), offers(next)], ['Enter the code', false])
      const code = appCodeOf(await send(browser, next, { code: app.code() })) ?? ''
      const tokens = await redeemCode(server(), { clientId }, code)
      const { amr, acr } = claimsOf(String(tokens['id_token']))
      assert.deepEqual([amr, acr], [['pwd', 'recovery_code', 'otp', 'mfa'], 'gold'])
    })

    it('stops guesses as the page of the usual factor does', async () => {
      const { clientId, codes } = await given()
      const { browser, page } = await firstStep(clientId)
      const asked = await go(browser, page, { action: 'recovery' })
      await failUntilLocked(server(), async () => assert.equal(alertIn(await send(browser, asked, { code: nobodysCode })), wrong))
      const locked = await send(browser, asked, { code: codes[0] ?? '' })
      assert.deepEqual([locked.status, alertIn(locked)], [400, 'Attempt limit exceeded, please try after some time.'])
    })
  })
}
