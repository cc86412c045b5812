import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminConfirmSignUpCommand, AdminGetUserCommand, CreateUserPoolDomainCommand } from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, anaForm, anaEmail as email, givenVerifyingPool, goodForm } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import type { Reply } from '../../support/oauth.ts'
import { alertIn, errorsIn, noticeIn, titleIn } from '../../support/page-texts.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import { givenUser } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { hiddenFieldsIn, locationOf, paramsIn, type TestBrowser } from '../../support/test-browser.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { setSignUpExtension } from '../../support/user-triggers.ts'

const right = 'ana@right.test'

for (const engine of engines) {
  describe(`The correction of an address on the confirmation page on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const { open, answer, follow, requestOf } = accountPages(server)

    async function givenPool(options: TestPoolOptions = {}, ContactCorrection = true) {
      const given = await givenVerifyingPool(server(), options)
      await setSignUpExtension(server(), given.poolId, { ContactCorrection })
      return given
    }
    async function signUp(clientId: string, form = anaForm()) {
      const { browser, page } = await open('/signup', clientId)
      return { browser, page: await follow(browser, await answer(browser, page, form)) }
    }
    const correct = (browser: TestBrowser, page: Reply, clientId: string, contact: string) =>
      browser.submit(`/correctcontact?${requestOf(clientId)}`, { ...hiddenFieldsIn(page), contact })
    async function emailOf(poolId: string, username = 'ana') {
      const { UserAttributes = [] } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: username }))
      return UserAttributes.find(({ Name }) => Name === 'email')?.Value
    }

    it('sends a code to the right address, and the code to the wrong one no longer works', async () => {
      const triggers = endpoint.given({ CustomMessage: agree, PreSignUp: agree, PostConfirmation: agree })
      const { poolId, clientId } = await givenPool({ pool: { LambdaConfig: triggers.lambdaConfig } })
      const { browser, page } = await signUp(clientId)
      assert.match(page.text, /<summary>Wrong email address\? Change it<\/summary>/)
      const first = await codeSentTo(server(), poolId, email)
      const next = await follow(browser, await correct(browser, page, clientId, ` ${right} `))
      assert.deepEqual([titleIn(next), noticeIn(next)], ['Confirm your account', 'We sent a new code.'])
      assert.match(next.text, /We sent a code to a\*\*\*@r\*\*\*\./)
      assert.equal(await emailOf(poolId), right)
      assert.equal((await answer(browser, next, { code: first })).status, 400)
      const done = await follow(browser, await answer(browser, next, { code: await codeSentTo(server(), poolId, right) }))
      assert.equal(noticeIn(done), 'Your account is confirmed')
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`, `resend ${right}`])
      assert.deepEqual(triggers.fired, [
        'PreSignUp_SignUp',
        'CustomMessage_SignUp',
        'CustomMessage_ResendCode',
        'PostConfirmation_ConfirmSignUp',
      ])
    })

    it('works as long as the page does, and several times', async () => {
      const { poolId, clientId } = await givenPool()
      const { browser, page } = await signUp(clientId)
      server().clock.advance(50 * 60_000)
      const second = await follow(browser, await correct(browser, page, clientId, 'ana@second.test'))
      const third = await follow(browser, await correct(browser, second, clientId, right))
      assert.equal(await emailOf(poolId), right)
      server().clock.advance(10 * 60_000)
      const late = await correct(browser, third, clientId, 'late@example.test')
      assert.deepEqual([late.status, titleIn(late), alertIn(late)], [400, 'Sign in', 'This page has expired. Please try again.'])
      assert.equal(await emailOf(poolId), right)
    })

    it('renames the user where the address is the name', async () => {
      const { poolId, clientId } = await givenPool({ pool: { UsernameAttributes: ['email'], AutoVerifiedAttributes: ['email'] } })
      const { browser, page } = await signUp(clientId, goodForm({ 'requiredAttributes[email]': email, username: email }))
      const next = await follow(browser, await correct(browser, page, clientId, right))
      const done = await follow(browser, await answer(browser, next, { code: await codeSentTo(server(), poolId, right) }))
      assert.match(done.text, new RegExp(`value="${right}"`))
      assert.ok(
        paramsIn(locationOf(await answer(browser, done, { username: right, password: goodForm({})['password'] ?? '' }))).get('code'),
      )
    })

    it('says at the field what is wrong with the address, and changes nothing', async () => {
      const { poolId, clientId } = await givenPool({
        pool: { AliasAttributes: [], UsernameAttributes: ['email'], AutoVerifiedAttributes: ['email'] },
      })
      await givenUser(server(), poolId, right)
      const { browser, page } = await signUp(clientId, goodForm({ 'requiredAttributes[email]': email, username: email }))
      const cases = [
        ['nowhere', 'Please check this field.'],
        ['', 'Please check this field.'],
        [email, 'Please check this field.'],
        [right, 'There is an account with this name already.'],
      ] as const
      for (const [contact, error] of cases) {
        const refused = await correct(browser, page, clientId, contact)
        assert.deepEqual([refused.status, errorsIn(refused), alertIn(refused)], [400, { contact: error }, ''], contact)
        assert.match(refused.text, /<details class="details" open>/)
      }
      assert.equal((await correct(browser, page, clientId, 'x'.repeat(3000))).status, 400)
      assert.equal(await emailOf(poolId, email), email)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
    })

    it('is offered only where the pool allows it and these pages signed the user up', async () => {
      const off = await givenPool({}, false)
      const closed = await signUp(off.clientId)
      assert.doesNotMatch(closed.page.text, /Change it/)
      const refused = await correct(closed.browser, closed.page, off.clientId, right)
      assert.deepEqual([refused.status, titleIn(refused)], [400, 'Sign in'])
      assert.equal(await emailOf(off.poolId), email)

      const on = await givenPool()
      await signUp(on.clientId)
      const { browser, page } = await open('/login', on.clientId)
      const password = goodForm({})['password'] ?? ''
      const asked = await follow(browser, await answer(browser, page, { username: 'ana', password }))
      assert.equal(titleIn(asked), 'Confirm your account')
      assert.doesNotMatch(asked.text, /Change it/)
      assert.equal((await correct(browser, asked, on.clientId, right)).status, 400)
      assert.equal(await emailOf(on.poolId), email)
    })

    it('is refused for a user who was confirmed meanwhile, for the form of another browser, and past the limit of attempts', async () => {
      const { poolId, clientId } = await givenPool()
      const { browser, page } = await signUp(clientId)
      const stranger = await open('/login', clientId)
      const stolen = await stranger.browser.submit(`/correctcontact?${requestOf(clientId)}`, {
        ...hiddenFieldsIn(page),
        _csrf: hiddenFieldsIn(stranger.page)['_csrf'] ?? '',
        contact: right,
      })
      assert.deepEqual([stolen.status, titleIn(stolen)], [400, 'Sign in'])
      let last = page
      for (let at = 0; at < 5; at++) last = await follow(browser, await correct(browser, last, clientId, `ana${at}@example.test`))
      const limited = await correct(browser, last, clientId, right)
      assert.deepEqual(errorsIn(limited), { contact: 'Too many attempts. Please wait a while and try again.' })
      assert.equal(await emailOf(poolId), 'ana4@example.test')
      const ben = await signUp(clientId, anaForm({ username: 'ben', 'requiredAttributes[email]': 'ben@example.test' }))
      await server().send(new AdminConfirmSignUpCommand({ UserPoolId: poolId, Username: 'ben' }))
      const late = await correct(ben.browser, ben.page, clientId, right)
      assert.deepEqual([late.status, titleIn(late)], [400, 'Sign in'])
      assert.equal(await emailOf(poolId, 'ben'), 'ben@example.test')
    })

    it('is offered beside a link, too', async () => {
      const VerificationMessageTemplate = { DefaultEmailOption: 'CONFIRM_WITH_LINK' as const }
      const { poolId, clientId } = await givenPool({ pool: { VerificationMessageTemplate, AutoVerifiedAttributes: ['email'] } })
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: `fix-${poolId.slice(-9).toLowerCase()}` }))
      const { browser, page } = await signUp(clientId, anaForm())
      const next = await follow(browser, await correct(browser, page, clientId, right))
      assert.match(next.text, /We sent a link to a\*\*\*@r\*\*\*\./)
      assert.equal(noticeIn(next), 'We sent a new link.')
    })
  })
}
