import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminConfirmSignUpCommand,
  AdminGetUserCommand,
  CreateTermsCommand,
  CreateUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, anaForm, anaEmail as email, givenVerifyingPool, goodForm } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { callback } from '../../support/oauth.ts'
import { alertIn, errorsIn, fieldsIn, noticeIn, titleIn } from '../../support/page-texts.ts'
import { codeSentTo, sentTo, signUp, wrongCode } from '../../support/self-service.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const optionalEmail = [{ Name: 'email', Required: false }]
const everyTrigger = {
  PreSignUp: agree,
  PostConfirmation: agree,
  CustomMessage: agree,
  PreAuthentication: agree,
  PostAuthentication: agree,
  UserMigration: agree,
}

for (const engine of engines) {
  describe(`The sign-up pages on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const { open, answer, follow, requestOf } = accountPages(server)

    const givenPool = (options?: TestPoolOptions) => givenVerifyingPool(server(), options)
    const statusOf = async (poolId: string, username = 'ana') =>
      (await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: username }))).UserStatus

    it('create an account, confirm it by the code, and lead to the sign-in page with the name', async () => {
      const triggers = endpoint.given(everyTrigger)
      const { poolId, clientId } = await givenPool({ pool: { LambdaConfig: triggers.lambdaConfig } })
      const { browser, page } = await open('/login', clientId)
      const link = /href="(\/signup\?[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
      const form = await browser.visit(link)
      assert.equal(titleIn(form), 'Create your account')
      assert.deepEqual(fieldsIn(form), ['username', 'requiredAttributes[email]', 'password', 'confirm_password'])
      const sent = await answer(browser, form, anaForm())
      assert.equal(locationOf(sent), `/confirm?${requestOf(clientId)}`)
      const asked = await follow(browser, sent)
      assert.match(asked.text, /We sent a code to a\*\*\*@e\*\*\*\./)
      assert.equal(await statusOf(poolId), 'UNCONFIRMED')
      const code = await codeSentTo(server(), poolId, email)
      const wrong = await answer(browser, asked, { code: wrongCode(code) })
      assert.deepEqual([wrong.status, alertIn(wrong)], [400, 'The code is not right. Check it and try again.'])
      const done = await follow(browser, await answer(browser, wrong, { code: ` ${code} ` }))
      assert.deepEqual([titleIn(done), noticeIn(done)], ['Sign in', 'Your account is confirmed'])
      assert.match(done.text, /name="username"[^>]*value="ana"|value="ana"[^>]*name="username"/)
      assert.equal(await statusOf(poolId), 'CONFIRMED')
      assert.deepEqual(triggers.fired, ['PreSignUp_SignUp', 'CustomMessage_SignUp', 'PostConfirmation_ConfirmSignUp'])
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
      const back = locationOf(await answer(browser, done, { username: 'ana', password: goodPassword }))
      assert.ok(back.startsWith(callback) && paramsIn(back).get('code'))
      assert.equal(noticeIn(await browser.visit(`/login?${requestOf(clientId)}`)), '')
    })

    it('sign a user in at once whom PreSignUp confirms, and send no code', async () => {
      const triggers = endpoint.given({
        ...everyTrigger,
        PreSignUp: (event) => ({ ...event, response: { autoConfirmUser: true, autoVerifyEmail: true } }),
      })
      const { poolId, clientId } = await givenPool({ pool: { LambdaConfig: triggers.lambdaConfig } })
      const { browser, page } = await open('/signup', clientId)
      assert.ok(paramsIn(locationOf(await answer(browser, page, anaForm()))).get('code'))
      assert.deepEqual(triggers.fired, [
        'PreSignUp_SignUp',
        'PostConfirmation_ConfirmSignUp',
        'PreAuthentication_Authentication',
        'PostAuthentication_Authentication',
      ])
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('go straight on to the app where the code signs the user in', async () => {
      const { poolId, clientId } = await givenPool({ client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] } })
      const { browser, page } = await open('/signup', clientId)
      const asked = await follow(browser, await answer(browser, page, anaForm()))
      const code = await codeSentTo(server(), poolId, email)
      assert.ok(paramsIn(locationOf(await answer(browser, asked, { code }))).get('code'))
      assert.deepEqual([...browser.cookies.keys()].sort(), ['XSRF-TOKEN', `cognito-${poolId}`])
      const again = await answer(browser, asked, { code })
      assert.ok(paramsIn(locationOf(again)).get('code'), 'A form that is sent twice leads to the app, too.')
    })

    it('show a refusal of PreSignUp above the form, and keep what was typed except for the passwords', async () => {
      const triggers = endpoint.given({
        PreSignUp() {
          throw new Error('Only <b>friends</b> of Ana may join.')
        },
      })
      const { clientId } = await givenPool({ pool: { LambdaConfig: triggers.lambdaConfig } })
      const { browser, page } = await open('/signup', clientId)
      const refused = await answer(browser, page, anaForm())
      assert.equal(refused.status, 400)
      assert.equal(alertIn(refused), 'PreSignUp failed with error Only &lt;b&gt;friends&lt;/b&gt; of Ana may join..')
      assert.match(refused.text, /value="ana@example\.test"/)
      assert.ok(!refused.text.includes(goodPassword))
    })

    it('say at each field what is wrong with it', async () => {
      const Schema = [
        { Name: 'email', Required: true },
        { Name: 'phone_number', Required: true },
        { Name: 'birthdate', Required: true },
      ]
      const { poolId, clientId } = await givenPool({ pool: { Schema } })
      await givenUser(server(), poolId, 'ben')
      const { browser, page } = await open('/signup', clientId)
      const good = anaForm({ 'requiredAttributes[phone_number]': '+44 (7700) 900-123', 'requiredAttributes[birthdate]': '1990-01-31' })
      const cases: readonly (readonly [object, Readonly<Record<string, string>>])[] = [
        [{ password: 'weak', confirm_password: 'weak' }, { password: 'The password does not meet the rules below.' }],
        [{ password: '', confirm_password: '' }, { password: 'The password does not meet the rules below.' }],
        [{ confirm_password: 'Other-horse-7' }, { confirm_password: 'The two passwords are not the same.' }],
        [{ username: 'ben' }, { username: 'There is an account with this name already.' }],
        [{ username: '' }, { username: 'Please fill in this field.' }],
        [{ username: 'a b' }, { username: 'Please check this field.' }],
        [{ 'requiredAttributes[email]': 'nowhere' }, { 'requiredAttributes[email]': 'Please check this field.' }],
        [{ 'requiredAttributes[phone_number]': '077' }, { 'requiredAttributes[phone_number]': 'Please check this field.' }],
        [{ 'requiredAttributes[birthdate]': '31.1.1990' }, { 'requiredAttributes[birthdate]': 'Please check this field.' }],
        [
          { 'requiredAttributes[email]': '', 'requiredAttributes[birthdate]': '' },
          { 'requiredAttributes[email]': 'Please fill in this field.', 'requiredAttributes[birthdate]': 'Please fill in this field.' },
        ],
      ]
      for (const [change, errors] of cases) {
        const refused = await answer(browser, page, { ...good, ...change })
        assert.deepEqual([refused.status, errorsIn(refused), alertIn(refused)], [400, errors, ''], JSON.stringify(change))
      }
      assert.match(locationOf(await answer(browser, page, good)), /^\/confirm\?/)
      const { UserAttributes = [] } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.equal(UserAttributes.find(({ Name }) => Name === 'phone_number')?.Value, '+447700900123')
    })

    it('ask for the address alone where it is the name, and for either where both can be the name', async () => {
      const byEmail = await givenPool({ pool: { UsernameAttributes: ['email'] } })
      const first = await open('/signup', byEmail.clientId)
      assert.deepEqual(fieldsIn(first.page), ['requiredAttributes[email]', 'password', 'confirm_password'])
      const sent = await answer(first.browser, first.page, goodForm({ 'requiredAttributes[email]': email }))
      const code = await codeSentTo(server(), byEmail.poolId, email)
      const done = await follow(first.browser, await answer(first.browser, await follow(first.browser, sent), { code }))
      assert.ok(paramsIn(locationOf(await answer(first.browser, done, { username: email, password: goodPassword }))).get('code'))
      const optional = await givenPool({ pool: { UsernameAttributes: ['email'], Schema: optionalEmail } })
      assert.deepEqual(fieldsIn((await open('/signup', optional.clientId)).page), ['username', 'password', 'confirm_password'])
      const both = await givenPool({ pool: { UsernameAttributes: ['email', 'phone_number'], Schema: optionalEmail } })
      const either = await open('/signup', both.clientId)
      assert.match(either.page.text, /Email address or phone number/)
      await answer(either.browser, either.page, goodForm({ username: '+44 7700 900123' }))
      assert.equal(await statusOf(both.poolId, '+447700900123'), 'UNCONFIRMED')
    })

    it('are not there where only administrators create users', async () => {
      const { clientId } = await givenPool({ pool: { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } } })
      const { browser, page } = await open('/login', clientId)
      assert.ok(!page.text.includes('/signup'))
      const path = `/signup?${requestOf(clientId)}`
      assert.equal((await browser.visit(path)).status, 404)
      assert.equal((await browser.submit(path, { ...hiddenFieldsIn(page), ...anaForm() })).status, 404)
    })

    it('send a new code, and take the newest one only', async () => {
      const { poolId, clientId } = await givenPool()
      const { browser, page } = await open('/signup', clientId)
      const asked = await follow(browser, await answer(browser, page, anaForm()))
      const first = await codeSentTo(server(), poolId, email)
      const resent = await follow(browser, await browser.submit(`/resendcode?${requestOf(clientId)}`, hiddenFieldsIn(asked)))
      assert.equal(noticeIn(resent), 'We sent a new code.')
      const second = await codeSentTo(server(), poolId, email)
      assert.equal((await answer(browser, resent, { code: first })).status, 400)
      const done = await follow(browser, await answer(browser, asked, { code: second }))
      assert.equal(noticeIn(done), 'Your account is confirmed')
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`, `resend ${email}`])
      assert.equal((await browser.visit(`/resendcode?${requestOf(clientId)}`)).status, 405)
    })

    it('lead users who are not confirmed from the sign-in page to the code, also when it has been long', async () => {
      const { poolId, clientId } = await givenPool()
      await signUp(server(), clientId, 'ana', { email })
      const browser = new TestBrowser(server())
      const sent = await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana')
      assert.equal(locationOf(sent), `/confirm?${requestOf(clientId)}`)
      const asked = await follow(browser, sent)
      assert.match(asked.text, /Enter the code that you received, or ask for a new one\./)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
      assert.ok(!asked.text.includes(goodPassword))
      server().clock.advance(25 * 60 * 60_000)
      assert.equal(alertIn(await answer(browser, asked, { code: '123456' })), 'This page has expired. Please try again.')
      const again = await follow(browser, await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana'))
      const code = await codeSentTo(server(), poolId, email)
      assert.equal(alertIn(await answer(browser, again, { code })), 'The code has expired. Ask for a new one.')
      await browser.submit(`/resendcode?${requestOf(clientId)}`, hiddenFieldsIn(again))
      const newest = await codeSentTo(server(), poolId, email)
      assert.equal(noticeIn(await follow(browser, await answer(browser, again, { code: newest }))), 'Your account is confirmed')
    })

    it('tell users to open the link where the message has a link, and take them to the sign-in page', async () => {
      const VerificationMessageTemplate = { DefaultEmailOption: 'CONFIRM_WITH_LINK' as const }
      const { poolId, clientId } = await givenPool({ pool: { VerificationMessageTemplate } })
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: `link-${poolId.slice(-9).toLowerCase()}` }))
      const { browser, page } = await open('/signup', clientId)
      const asked = await follow(browser, await answer(browser, page, anaForm()))
      assert.match(asked.text, /We sent a link to a\*\*\*@e\*\*\*\. Open it to confirm your account, then sign in\./)
      assert.deepEqual(fieldsIn(asked), [])
      const resent = await follow(browser, await answer(browser, asked, {}))
      assert.equal(noticeIn(resent), 'We sent a new link.')
      const early = await follow(browser, await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana'))
      assert.match(early.text, /Open the link that you received/)
      const [message] = await server().inbox(email)
      const link = /href="[^"]*(\/confirmUser[^"]+)"/.exec(message?.html ?? '')?.[1]?.replaceAll('&amp;', '&') ?? ''
      assert.equal((await new TestBrowser(server()).visit(link)).status, 200)
      assert.ok(paramsIn(locationOf(await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana'))).get('code'))
    })

    it('link to the terms in the language of the page, once both documents exist', async () => {
      const { poolId, clientId } = await givenPool()
      const create = (TermsName: string) => {
        const Links = { 'cognito:default': `https://app.test/${TermsName}`, 'cognito:german': `https://app.test/de/${TermsName}` }
        const ids = { UserPoolId: poolId, ClientId: clientId }
        return server().send(new CreateTermsCommand({ ...ids, TermsName, TermsSource: 'LINK', Enforcement: 'NONE', Links }))
      }
      const linksIn = async (lang: string) => {
        const { text } = await new TestBrowser(server()).visit(`/signup?${requestOf(clientId)}&lang=${lang}`)
        return [...text.matchAll(/href="(https:[^"]+)"/g)].map(([, href]) => href)
      }
      await create('terms-of-use')
      assert.deepEqual(await linksIn('en'), [])
      await create('privacy-policy')
      assert.deepEqual(await linksIn('en'), ['https://app.test/terms-of-use', 'https://app.test/privacy-policy'])
      assert.deepEqual(new Set(await linksIn('de')), new Set(['https://app.test/de/terms-of-use', 'https://app.test/de/privacy-policy']))
    })

    it('say that the account is confirmed when that happened elsewhere', async () => {
      const { poolId, clientId } = await givenPool()
      const { browser, page } = await open('/signup', clientId)
      const asked = await follow(browser, await answer(browser, page, anaForm()))
      await server().send(new AdminConfirmSignUpCommand({ UserPoolId: poolId, Username: 'ana' }))
      const done = await follow(browser, await answer(browser, asked, { code: '123456' }))
      assert.equal(noticeIn(done), 'Your account is confirmed')
    })
  })
}
