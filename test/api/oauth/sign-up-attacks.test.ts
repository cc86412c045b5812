import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminGetUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, anaForm, anaEmail as email, givenVerifyingPool, goodForm } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { codeClient, givenClient, givenOAuthPool } from '../../support/oauth.ts'
import { alertIn, errorsIn, titleIn } from '../../support/page-texts.ts'
import { codeSentTo, sentTo, wrongCode } from '../../support/self-service.ts'
import { hiddenFieldsIn, locationOf, TestBrowser } from '../../support/test-browser.ts'
import { startTestServer, type TestPoolOptions, useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`Attacks on the sign-up pages on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { open, answer, follow, requestOf } = accountPages(server)
    const givenPool = (options?: TestPoolOptions) => givenVerifyingPool(server(), options)
    const statusOf = async (poolId: string) =>
      (await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))).UserStatus

    it('gain no attribute that the page did not ask for', async () => {
      const { poolId, clientId } = await givenPool()
      const { browser, page } = await open('/signup', clientId)
      const more = { 'requiredAttributes[name]': 'Ana', 'requiredAttributes[email_verified]': 'true', 'userAttributes.name': 'Ana' }
      assert.match(locationOf(await answer(browser, page, anaForm(more))), /^\/confirm\?/)
      const { UserAttributes = [] } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(UserAttributes.map(({ Name }) => Name).sort(), ['email', 'email_verified', 'sub'])
      assert.equal(UserAttributes.find(({ Name }) => Name === 'email_verified')?.Value, 'false')
    })

    it('end after some guesses of a code, and after some requests for new codes', async () => {
      const { poolId, clientId } = await givenPool()
      const { browser, page } = await open('/signup', clientId)
      const asked = await follow(browser, await answer(browser, page, anaForm()))
      const code = await codeSentTo(server(), poolId, email)
      for (let attempt = 0; attempt < 15; attempt++) await answer(browser, asked, { code: wrongCode(code) })
      const locked = await answer(browser, asked, { code })
      assert.deepEqual([locked.status, alertIn(locked)], [400, 'Too many attempts. Please wait a while and try again.'])
      const ask = () => browser.submit(`/resendcode?${requestOf(clientId)}`, hiddenFieldsIn(asked))
      for (let attempt = 0; attempt < 5; attempt++) assert.match(locationOf(await ask()), /^\/confirm/)
      const refused = await ask()
      assert.equal(alertIn(refused), 'Too many attempts. Please wait a while and try again.')
      assert.ok(!refused.text.includes('href="/resendcode'))
      assert.equal(await statusOf(poolId), 'UNCONFIRMED')
    })

    it('fail with forms of other sites, of other tabs and of other clients and pools', async () => {
      const { poolId, clientId } = await givenPool()
      const { browser, page } = await open('/signup', clientId)
      const path = `/signup?${requestOf(clientId)}`
      for (const refused of [
        await browser.submit(path, anaForm()),
        await browser.submit(path, { ...hiddenFieldsIn(page), ...anaForm() }, { 'sec-fetch-site': 'cross-site' }),
        await new TestBrowser(server()).submit(path, { ...hiddenFieldsIn(page), ...anaForm() }),
      ]) {
        assert.deepEqual([refused.status, titleIn(refused)], [400, 'Create your account'])
        assert.match(refused.text, /value="ana"/)
      }
      await assert.rejects(statusOf(poolId), { name: 'UserNotFoundException' })
      const asked = await follow(browser, await answer(browser, page, anaForm()))
      const second = await follow(
        browser,
        await answer(browser, page, anaForm({ username: 'ben', 'requiredAttributes[email]': 'ben@example.test' })),
      )
      const code = await codeSentTo(server(), poolId, email)
      assert.equal(alertIn(await answer(browser, asked, { code })), 'This page has expired. Please try again.')
      const stranger = await givenPool()
      const sibling = await givenClient(server(), poolId, codeClient)
      const step = browser.cookies.get(`cognito-step-${poolId}`) ?? ''
      browser.cookies.set(`cognito-step-${stranger.poolId}`, step)
      for (const other of [stranger.clientId, sibling.clientId]) {
        assert.equal(titleIn(await browser.visit(`/confirm?${requestOf(other)}`)), 'Sign in')
        const refused = await browser.submit(`/confirm?${requestOf(other)}`, { ...hiddenFieldsIn(second), code })
        assert.deepEqual([refused.status, titleIn(refused)], [400, 'Sign in'])
        assert.equal((await browser.submit(`/resendcode?${requestOf(other)}`, hiddenFieldsIn(second))).status, 400)
      }
      assert.equal(await statusOf(poolId), 'UNCONFIRMED')
      assert.equal((await sentTo(server(), poolId)).length, 2)
    })

    it('put no markup into the page by names and attributes', async () => {
      const { clientId } = await givenPool({ pool: { Schema: [{ Name: 'name', Required: true }] } })
      const { browser, page } = await open('/signup', clientId)
      const script = `"><script>alert(1)</script>`
      const refused = await answer(browser, page, goodForm({ username: script, 'requiredAttributes[name]': script, confirm_password: 'x' }))
      assert.equal(refused.status, 400)
      assert.ok(!refused.text.includes('<script'))
      assert.equal(refused.text.split('value="&quot;&gt;&lt;script&gt;').length, 3)
    })

    it('fail with forms that are too large or have too many fields', async () => {
      const { clientId } = await givenPool()
      const { browser, page } = await open('/signup', clientId)
      const large = await answer(browser, page, anaForm({ 'requiredAttributes[email]': `${'a'.repeat(150_000)}@example.test` }))
      assert.equal(large.status, 413)
      const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`requiredAttributes[a${at}]`, 'x']))
      assert.equal((await answer(browser, page, anaForm(many))).status, 400)
      const long = await answer(browser, page, anaForm({ username: 'a'.repeat(200) }))
      assert.deepEqual([long.status, errorsIn(long)], [400, { username: 'Please check this field.' }])
    })
  })

  describe(`The rate of sign-ups on ${engine.name}`, () => {
    it('is that of SignUp in the API', async () => {
      await using server = await startTestServer(engine, { flags: ['--rate-limits', '1'] })
      const { open, answer } = accountPages(() => server)
      const { clientId } = await givenOAuthPool(server)
      const { browser, page } = await open('/signup', clientId)
      const statuses: number[] = []
      for (let at = 0; at < 70; at++) {
        statuses.push((await answer(browser, page, goodForm({ username: `u${at}`, confirm_password: 'x' }))).status)
      }
      assert.equal(statuses[0], 400)
      assert.equal(statuses.at(-1), 429)
    })
  })
}
