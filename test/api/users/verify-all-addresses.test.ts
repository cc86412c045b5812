import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminConfirmSignUpCommand,
  AdminGetUserCommand,
  ConfirmSignUpCommand,
  ResendConfirmationCodeCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, goodForm } from '../../support/account-pages.ts'
import { choiceClient, startBy, startChoice } from '../../support/choice.ts'
import { engines } from '../../support/engines.ts'
import { hidingSection, signUpRaw } from '../../support/hidden-sign-ups.ts'
import { respond, SmsConfiguration } from '../../support/mfa.ts'
import { codeClient } from '../../support/oauth.ts'
import { alertIn, noticeIn, titleIn } from '../../support/page-texts.ts'
import {
  attributeList,
  codeSentTo,
  confirm,
  messagesOf,
  type PoolAndClient,
  sentTo,
  signUp,
  wrongCode,
} from '../../support/self-service.ts'
import { givenTokens, goodPassword } from '../../support/sign-in.ts'
import type { TestPoolOptions } from '../../support/test-server.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { givenPoolWithEvery, setSignUpExtension } from '../../support/user-triggers.ts'

const email = 'ana@example.test'
const phone = '+15550001234'
const both = { email, phone_number: phone }
const verify = { AutoVerifiedAttributes: ['email' as const, 'phone_number' as const], SmsConfiguration }

for (const engine of engines) {
  describe(`A sign-up that verifies all addresses, on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const { open, answer, follow } = accountPages(server)

    async function given({ pool, client }: TestPoolOptions = {}, more: object = {}) {
      const { triggers, ...ids } = await givenPoolWithEvery(server(), endpoint, {}, { pool: { ...verify, ...pool }, client: client ?? {} })
      await setSignUpExtension(server(), ids.poolId, { VerifyAllAddresses: true, ...more })
      return { ids, triggers }
    }

    async function stateOf({ poolId }: PoolAndClient, Username = 'ana') {
      const { UserStatus, UserAttributes = [] } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username }))
      const isTrue = (name: string) => UserAttributes.find(({ Name }) => Name === name)?.Value === 'true'
      return [UserStatus, isTrue('phone_number_verified'), isTrue('email_verified')]
    }
    const codeFor = ({ poolId }: PoolAndClient, address: string) => codeSentTo(server(), poolId, address)

    it('asks for the code of the phone number, then for that of the e-mail address, and confirms at the end', async () => {
      const { ids, triggers } = await given()
      const { CodeDeliveryDetails } = await signUp(server(), ids.clientId, 'ana', both)
      assert.equal(CodeDeliveryDetails?.AttributeName, 'phone_number')
      assert.deepEqual(await sentTo(server(), ids.poolId), [`sign-up ${phone}`])
      const { Session } = await confirm(server(), ids.clientId, 'ana', await codeFor(ids, phone))
      assert.match(Session ?? '', /^MISSING:email:a\*\*\*@e\*\*\*:AYABe/)
      assert.deepEqual(await stateOf(ids), ['UNCONFIRMED', true, false])
      assert.deepEqual(await sentTo(server(), ids.poolId), [`sign-up ${phone}`, `sign-up ${email}`])
      assert.deepEqual(triggers.fired, ['PreSignUp_SignUp', 'CustomMessage_SignUp', 'CustomMessage_SignUp'])
      await assert.rejects(givenTokens(server(), ids.clientId, 'ana'), { name: 'UserNotConfirmedException' })
      triggers.clear()
      const done = await confirm(server(), ids.clientId, 'ana', await codeFor(ids, email))
      assert.equal(done.Session, undefined)
      assert.deepEqual(await stateOf(ids), ['CONFIRMED', true, true])
      assert.deepEqual(triggers.fired, ['PostConfirmation_ConfirmSignUp'])
      assert.equal((await sentTo(server(), ids.poolId)).length, 2)
      await givenTokens(server(), ids.clientId, 'ana')
    })

    it('confirms a user with one address at once, and one whom a trigger or an administrator confirms', async () => {
      const { ids } = await given()
      await signUp(server(), ids.clientId, 'bo', { email })
      assert.equal((await confirm(server(), ids.clientId, 'bo', await codeFor(ids, email))).Session, undefined)
      assert.deepEqual(await stateOf(ids, 'bo'), ['CONFIRMED', false, true])
      await signUp(server(), ids.clientId, 'ana', both)
      await server().send(new AdminConfirmSignUpCommand({ UserPoolId: ids.poolId, Username: 'ana' }))
      assert.deepEqual(await stateOf(ids), ['CONFIRMED', false, false])
    })

    it('asks for one address in other pools, and for those that the pool verifies', async () => {
      const { ids } = await given({}, { VerifyAllAddresses: false })
      await signUp(server(), ids.clientId, 'ana', both)
      await confirm(server(), ids.clientId, 'ana', await codeFor(ids, phone))
      assert.deepEqual(await stateOf(ids), ['CONFIRMED', true, false])
      const onlyPhones = await given({ pool: { AutoVerifiedAttributes: ['phone_number'] } })
      await signUp(server(), onlyPhones.ids.clientId, 'ana', both)
      await confirm(server(), onlyPhones.ids.clientId, 'ana', await codeFor(onlyPhones.ids, phone))
      assert.deepEqual(await stateOf(onlyPhones.ids), ['CONFIRMED', true, false])
    })

    it('sends the code that is missing again', async () => {
      const { ids } = await given()
      await signUp(server(), ids.clientId, 'ana', both)
      const resend = new ResendConfirmationCodeCommand({ ClientId: ids.clientId, Username: 'ana' })
      assert.equal((await server().send(resend)).CodeDeliveryDetails?.AttributeName, 'phone_number')
      await confirm(server(), ids.clientId, 'ana', await codeFor(ids, phone))
      assert.equal((await server().send(resend)).CodeDeliveryDetails?.AttributeName, 'email')
      assert.deepEqual((await sentTo(server(), ids.poolId)).slice(-2), [`sign-up ${email}`, `resend ${email}`])
      await confirm(server(), ids.clientId, 'ana', await codeFor(ids, email))
      assert.deepEqual(await stateOf(ids), ['CONFIRMED', true, true])
    })

    it('takes each code once, and for its own address only', async () => {
      const { ids } = await given()
      await signUp(server(), ids.clientId, 'ana', both)
      const first = await codeFor(ids, phone)
      await confirm(server(), ids.clientId, 'ana', first)
      const second = await codeFor(ids, email)
      if (first !== second) await assert.rejects(confirm(server(), ids.clientId, 'ana', first), { name: 'CodeMismatchException' })
      await assert.rejects(confirm(server(), ids.clientId, 'ana', wrongCode(second)), { name: 'CodeMismatchException' })
      assert.deepEqual(await stateOf(ids), ['UNCONFIRMED', true, false])
    })

    it('confirms nobody when the first code is sent many times at once', async () => {
      const { ids, triggers } = await given()
      await signUp(server(), ids.clientId, 'ana', both)
      const code = await codeFor(ids, phone)
      const sent = await Promise.allSettled(Array.from({ length: 6 }, () => confirm(server(), ids.clientId, 'ana', code)))
      assert.equal(sent.filter(({ status }) => status === 'fulfilled').length, 1)
      assert.deepEqual(await stateOf(ids), ['UNCONFIRMED', true, false])
      assert.deepEqual(
        (await sentTo(server(), ids.poolId)).filter((text) => text.endsWith(email)),
        [`sign-up ${email}`],
      )
      assert.equal(triggers.fired.includes('PostConfirmation_ConfirmSignUp'), false)
    })

    it('gives a Session between the codes that signs nobody in, and leads to one that does', async () => {
      const pool = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } } }
      const { ids } = await given({ pool, client: choiceClient })
      const request = { ClientId: ids.clientId, Username: 'ana', Password: goodPassword, UserAttributes: attributeList(both) }
      const { Session: ofSignUp } = await server().send(new SignUpCommand(request))
      const confirmWith = async (address: string, Session: string | undefined) =>
        (
          await server().send(
            new ConfirmSignUpCommand({ ClientId: ids.clientId, Username: 'ana', ConfirmationCode: await codeFor(ids, address), Session }),
          )
        ).Session
      const between = await confirmWith(phone, ofSignUp)
      assert.match(between ?? '', /^MISSING:email:/)
      await assert.rejects(startChoice(server(), ids.clientId, 'ana', {}, between), { name: 'UserNotConfirmedException' })
      const last = await confirmWith(email, between)
      assert.match(last ?? '', /^AYABe/)
      assert.ok((await startChoice(server(), ids.clientId, 'ana', {}, last)).AuthenticationResult?.AccessToken)
      await assert.rejects(startChoice(server(), ids.clientId, 'ana', {}, last), { name: 'NotAuthorizedException' })
    })

    it('does not let a code of a sign-in stand in for the other address', async () => {
      const pool = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } } }
      const { ids, triggers } = await given({ pool, client: choiceClient })
      await signUp(server(), ids.clientId, 'ana', both)
      const { Session } = await startBy(server(), ids.clientId, 'ana', 'EMAIL_OTP')
      const answer = { USERNAME: 'ana', EMAIL_OTP_CODE: await codeFor(ids, email) }
      await assert.rejects(respond(server(), ids.clientId, 'EMAIL_OTP', Session, answer), { name: 'UserNotConfirmedException' })
      assert.deepEqual(await stateOf(ids), ['UNCONFIRMED', false, true])
      assert.equal(triggers.fired.includes('PostConfirmation_ConfirmSignUp'), false)
      await confirm(server(), ids.clientId, 'ana', await codeFor(ids, phone))
      assert.deepEqual(await stateOf(ids), ['CONFIRMED', true, true])
    })

    it('does not give the Session of one user to another', async () => {
      const { ids } = await given({ client: choiceClient })
      await signUp(server(), ids.clientId, 'ana', both)
      await signUp(server(), ids.clientId, 'eve', { email: 'eve@example.test' })
      const { Session } = await confirm(server(), ids.clientId, 'ana', await codeFor(ids, phone))
      const forged = Session?.replace('MISSING:email', 'MISSING:phone_number').replace(/AYABe..../, 'AYABeAAAA')
      const code = await codeFor(ids, 'eve@example.test')
      const asEve = (session: string | undefined) =>
        server().send(new ConfirmSignUpCommand({ ClientId: ids.clientId, Username: 'eve', ConfirmationCode: code, Session: session }))
      await assert.rejects(asEve(forged), { name: 'NotAuthorizedException' })
      assert.equal((await asEve(Session)).Session, undefined)
      assert.deepEqual(await stateOf(ids), ['UNCONFIRMED', true, false])
    })

    it('keeps an address that is another user’s alias unverified', async () => {
      const { ids } = await given({ pool: { AliasAttributes: ['email', 'phone_number'] } })
      await signUp(server(), ids.clientId, 'bo', { email })
      await confirm(server(), ids.clientId, 'bo', await codeFor(ids, email))
      await signUp(server(), ids.clientId, 'ana', both)
      await confirm(server(), ids.clientId, 'ana', await codeFor(ids, phone))
      const code = await codeFor(ids, email)
      await assert.rejects(confirm(server(), ids.clientId, 'ana', code), { name: 'AliasExistsException' })
      assert.deepEqual(await stateOf(ids), ['UNCONFIRMED', true, false])
      await confirm(server(), ids.clientId, 'ana', code, true)
      assert.deepEqual(
        [await stateOf(ids), await stateOf(ids, 'bo')],
        [
          ['CONFIRMED', true, true],
          ['CONFIRMED', false, false],
        ],
      )
    })

    it('goes together with hidden users', async () => {
      const client = { PreventUserExistenceErrors: 'ENABLED' as const }
      const { ids } = await given({ client }, hidingSection)
      const answers = []
      for (const _ of [1, 2]) answers.push((await signUpRaw(server(), ids.clientId, 'ana', both)).text.replace(/"UserSub":"[^"]+"/, ''))
      assert.equal(answers[1], answers[0])
      await confirm(server(), ids.clientId, 'ana', await codeFor(ids, phone))
      await signUpRaw(server(), ids.clientId, 'ana', both)
      await confirm(server(), ids.clientId, 'ana', await codeFor(ids, email))
      assert.deepEqual(await stateOf(ids), ['CONFIRMED', true, true])
    })

    it('asks for both codes on the hosted pages', async () => {
      const required = ['email', 'phone_number'].map((Name) => ({ Name, Required: true }))
      const { ids, triggers } = await given({ pool: { Schema: required }, client: codeClient })
      const { browser, page } = await open('/signup', ids.clientId)
      const typed = { username: 'ana', 'requiredAttributes[email]': email, 'requiredAttributes[phone_number]': phone }
      const first = await follow(browser, await answer(browser, page, goodForm(typed)))
      assert.match(first.text, /We sent a code to \+\*{7}1234\./)
      const second = await follow(browser, await answer(browser, first, { code: await codeFor(ids, phone) }))
      assert.equal(titleIn(second), 'Confirm your account')
      assert.match(second.text, /We sent a code to a\*\*\*@e\*\*\*\./)
      const wrong = await answer(browser, second, { code: wrongCode(await codeFor(ids, email)) })
      assert.equal(alertIn(wrong), 'The code is not right. Check it and try again.')
      assert.deepEqual(await stateOf(ids), ['UNCONFIRMED', true, false])
      const done = await follow(browser, await answer(browser, wrong, { code: await codeFor(ids, email) }))
      assert.deepEqual([titleIn(done), noticeIn(done)], ['Sign in', 'Your account is confirmed'])
      assert.deepEqual(await stateOf(ids), ['CONFIRMED', true, true])
      assert.deepEqual(triggers.fired, [
        'PreSignUp_SignUp',
        'CustomMessage_SignUp',
        'CustomMessage_SignUp',
        'PostConfirmation_ConfirmSignUp',
      ])
    })

    it('takes the link in an e-mail as the last step', async () => {
      const VerificationMessageTemplate = { DefaultEmailOption: 'CONFIRM_WITH_LINK' as const }
      const { ids } = await given({ pool: { VerificationMessageTemplate } })
      await signUp(server(), ids.clientId, 'ana', both)
      await confirm(server(), ids.clientId, 'ana', await codeFor(ids, phone))
      const html = (await messagesOf(server(), ids.poolId)).at(-1)?.html ?? ''
      const link = /href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? ''
      const page = await fetch(link)
      assert.match(await page.text(), /Your account is confirmed/)
      assert.deepEqual(await stateOf(ids), ['CONFIRMED', true, true])
    })
  })
}
