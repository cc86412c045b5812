import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { copyEnvironment, copyPool } from '../support/copies.ts'
import { engines } from '../support/engines.ts'
import { noteSecrets } from '../support/evidence.ts'
import { useAwsCredentials } from '../support/former-pools.ts'
import { type App, appOf, giveAttributes, prefer, registerApp, setMfa } from '../support/mfa.ts'
import { basic, callback, codeClient, givenClient, givenOAuthPool, type Reply, requestToken } from '../support/oauth.ts'
import { alertIn, titleIn } from '../support/page-texts.ts'
import { claimsOf, givenTokens, givenUser, goodPassword } from '../support/sign-in.ts'
import { formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../support/test-browser.ts'
import { useTestServer } from '../support/test-server.ts'

useAwsCredentials()

for (const engine of engines) {
  for (const flow of ['USER_PASSWORD_AUTH', 'ADMIN_USER_PASSWORD_AUTH']) {
    describe(`Hosted pages of a copied pool whose client has a secret, with ${flow} on ${engine.name}`, () => {
      const there = useTestServer(engine)
      const here = useTestServer(engine, { flags: ['--region', 'eu-west-1'], env: copyEnvironment })
      let ids: { poolId: string; clientId: string; secret: string }
      let subs: Readonly<Record<string, string>>
      let app: App

      before(async () => {
        const ExplicitAuthFlows = [`ALLOW_${flow}` as 'ALLOW_USER_PASSWORD_AUTH']
        ids = await givenOAuthPool(there(), { client: { ...codeClient, GenerateSecret: true, ExplicitAuthFlows } })
        await setMfa(there(), ids.poolId, 'OPTIONAL', ['totp'])
        subs = { ann: (await givenUser(there(), ids.poolId, 'ann')).sub, bo: (await givenUser(there(), ids.poolId, 'bo')).sub }
        await giveAttributes(there(), ids.poolId, 'bo', { email: 'bo@example.com', email_verified: 'true' })
        const apiClient = await givenClient(there(), ids.poolId, { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
        app = await registerApp(there(), (await givenTokens(there(), apiClient.clientId, 'bo')).accessToken)
        await prefer(there(), ids.poolId, 'bo', { SoftwareTokenMfaSettings: { Enabled: true } })
        const until = new Date(here().clock.now() + 86_400_000).toISOString()
        await copyPool(here(), there(), ids.poolId, ['--until', until, '--client', ids.clientId, '--flow', flow])
      })

      const request = () => ({ client_id: ids.clientId, redirect_uri: callback, response_type: 'code', scope: 'openid' })
      const loginPath = () => `/login?${new URLSearchParams(request())}`
      const answer = (browser: TestBrowser, page: Reply, form: Readonly<Record<string, string>>) =>
        browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...form })

      /** The `sub` in the tokens that the app gets for the code with which the browser comes back. */
      async function subFor(reply: Reply) {
        const code = paramsIn(locationOf(reply)).get('code') ?? ''
        const form = { grant_type: 'authorization_code', code, redirect_uri: callback, client_id: ids.clientId }
        const { body } = await requestToken(here(), form, basic(ids.clientId, ids.secret))
        return claimsOf(String(body['id_token']))['sub']
      }

      it('sign a user in with the password of the former pool, and refuse a wrong one', async () => {
        const wrong = await new TestBrowser(here()).submitLogin(loginPath(), 'ann', 'Wrong-horse-7')
        assert.deepEqual([wrong.status, titleIn(wrong)], [400, 'Sign in'])
        assert.notEqual(alertIn(wrong), '')
        assert.equal(await subFor(await new TestBrowser(here()).submitLogin(loginPath(), 'ann')), subs['ann'])
      })

      it('ask for the app that the former pool knows, and then set one up here', async () => {
        const browser = new TestBrowser(here())
        const asked = await browser.visit(locationOf(await browser.submitLogin(loginPath(), 'bo', goodPassword)))
        assert.match(asked.text, /Open your authenticator app/)
        const wrong = await answer(browser, asked, { code: '000000' })
        assert.deepEqual([wrong.status, alertIn(wrong)], [400, 'The code is not right. Check it and try again.'])
        const setUp = await browser.visit(locationOf(await answer(browser, wrong, { code: app.code() })))
        assert.equal(titleIn(setUp), 'Set up your authenticator app')
        const secret = (/<code class="key">([A-Z2-7 ]+)</.exec(setUp.text)?.[1] ?? '').replaceAll(' ', '')
        noteSecrets({ SecretCode: secret })
        const done = await answer(browser, setUp, { code: appOf(here(), secret).code(), device_name: 'phone' })
        assert.equal(await subFor(done), subs['bo'])
      })
    })
  }
}
