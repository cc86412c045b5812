import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  GetUserAttributeVerificationCodeCommand,
  ResendConfirmationCodeCommand,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../support/administration.ts'
import { givenChoicePool, startBy } from '../../support/choice.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { challengeAfterPassword, failUntilLocked, prefer, respond, SmsConfiguration, setMfa } from '../../support/mfa.ts'
import { attributeList, codeSentTo, confirm, messagesOf, sentTo, signUp, update } from '../../support/self-service.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const endpoint = await openTriggerEndpoint()
const email = 'robot@example.test'
const phone = '+15551234444'
const fixed = '271828'
const mismatch = { name: 'CodeMismatchException' }

for (const engine of engines) {
  describe(`Test users on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: endpoint.flags })

    const setTestUsers = (UserPoolId: string, Username = 'robot', Code = fixed) =>
      callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId, TestUsers: [{ Username, Code }] })

    /** A pool with one test user, who has not signed up yet, and a CustomMessage trigger. */
    async function givenPool(pool: object = {}, { name = 'robot', code = fixed } = {}) {
      const triggers = endpoint.given({ CustomMessage: (event) => event })
      const { lambdaConfig: LambdaConfig } = triggers
      const ids = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], SmsConfiguration, LambdaConfig, ...pool } })
      await setTestUsers(ids.poolId, name, code)
      return { ...ids, triggers }
    }

    for (const code of [fixed, '27182818']) {
      it(`sign up, recover and verify addresses with the code ${code}, and no message is sent`, async () => {
        const { poolId, clientId, triggers } = await givenPool({}, { code })
        const { CodeDeliveryDetails } = await signUp(server(), clientId, 'robot', { email, phone_number: phone })
        assert.deepEqual(CodeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'r***@e***' })
        await server().send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username: 'robot' }))
        await confirm(server(), clientId, 'robot', code)
        await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'robot' }))
        const Password = 'Other-horse-8'
        const recovery = { ClientId: clientId, Username: 'robot', ConfirmationCode: code, Password }
        await server().send(new ConfirmForgotPasswordCommand(recovery))
        await assert.rejects(server().send(new ConfirmForgotPasswordCommand(recovery)), { name: 'ExpiredCodeException' })
        const { accessToken: AccessToken } = await givenTokens(server(), clientId, 'robot', Password)
        await server().send(new GetUserAttributeVerificationCodeCommand({ AccessToken, AttributeName: 'phone_number' }))
        await server().send(new VerifyUserAttributeCommand({ AccessToken, AttributeName: 'phone_number', Code: code }))
        await update(server(), AccessToken, { email: 'other@example.test' })
        await server().send(new VerifyUserAttributeCommand({ AccessToken, AttributeName: 'email', Code: code }))
        assert.deepEqual(await sentTo(server(), poolId), [])
        assert.deepEqual(triggers.fired, [])
      })
    }

    for (const [challenge, answerKey, settings] of [
      ['SMS_MFA', 'SMS_MFA_CODE', { SMSMfaSettings: { Enabled: true } }],
      ['EMAIL_OTP', 'EMAIL_OTP_CODE', { EmailMfaSettings: { Enabled: true } }],
    ] as const) {
      it(`answer ${challenge} with the fixed code, and are locked out after wrong codes`, async () => {
        const { poolId, clientId, triggers } = await givenPool()
        await setMfa(server(), poolId, 'OPTIONAL', ['sms', 'email'])
        await givenUser(server(), poolId, 'robot', { attributes: attributeList({ email, phone_number: phone }) })
        await prefer(server(), poolId, 'robot', settings)
        const answer = (session: string | undefined, code: string) =>
          respond(server(), clientId, challenge, session, { USERNAME: 'robot', [answerKey]: code })
        const { session } = await challengeAfterPassword(server(), clientId, 'robot')
        assert.ok((await answer(session, fixed)).AuthenticationResult)
        await assert.rejects(answer(session, fixed), { name: 'NotAuthorizedException' })
        const next = (await challengeAfterPassword(server(), clientId, 'robot')).session
        await failUntilLocked(server(), () => assert.rejects(answer(next, '000000'), mismatch))
        await assert.rejects(answer(next, fixed), { name: 'NotAuthorizedException', message: /Attempt limit exceeded/ })
        assert.deepEqual(await sentTo(server(), poolId), [])
        assert.deepEqual(triggers.fired, [])
      })
    }

    it('sign in with the fixed code as the first factor; other users get a code by e-mail and cannot use the fixed code', async () => {
      const { poolId, clientId } = await givenChoicePool(server(), ['PASSWORD', 'EMAIL_OTP'])
      await setTestUsers(poolId)
      const signIn = async (username: string, code: string) => {
        const { Session } = await startBy(server(), clientId, username, 'EMAIL_OTP')
        return respond(server(), clientId, 'EMAIL_OTP', Session, { USERNAME: username, EMAIL_OTP_CODE: code })
      }
      for (const name of ['robot', 'ana']) {
        await givenUser(server(), poolId, name, { attributes: attributeList({ email: `${name}@example.test`, email_verified: 'true' }) })
      }
      assert.ok((await signIn('robot', fixed)).AuthenticationResult)
      await assert.rejects(signIn('ana', fixed), mismatch)
      assert.deepEqual(await sentTo(server(), poolId), ['mfa ana@example.test'])
      assert.match((await messagesOf(server(), poolId))[0]?.code ?? '', /^\d{8}$/)
    })

    it('do not include a user whose preferred username is the name of a test user', async () => {
      const { poolId, clientId, triggers } = await givenPool({ AliasAttributes: ['preferred_username', 'email'] })
      await signUp(server(), clientId, 'ana', { email })
      const code = await codeSentTo(server(), poolId, email)
      assert.notEqual(code.length, 0)
      if (code !== fixed) await assert.rejects(confirm(server(), clientId, 'ana', fixed), mismatch)
      await confirm(server(), clientId, 'ana', code)
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      await update(server(), accessToken, { preferred_username: 'robot' })
      await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'robot' }))
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`, `forgot-password ${email}`])
      assert.deepEqual(triggers.fired, ['CustomMessage_SignUp', 'CustomMessage_ForgotPassword'])
    })

    it('are found by username, whose case counts only in a case-sensitive pool', async () => {
      for (const [caseSensitive, sent] of [
        [false, []],
        [true, [`sign-up ${email}`]],
      ] as const) {
        const { poolId, clientId } = await givenPool({ UsernameConfiguration: { CaseSensitive: caseSensitive } }, { name: 'ROBOT' })
        await signUp(server(), clientId, 'Robot', { email })
        assert.deepEqual(await sentTo(server(), poolId), sent)
      }
    })

    it('whose username is an address get an ordinary code for a new address', async () => {
      const { poolId, clientId } = await givenPool({ UsernameAttributes: ['email'] }, { name: email })
      await signUp(server(), clientId, email)
      await confirm(server(), clientId, email, fixed)
      const { accessToken } = await givenTokens(server(), clientId, email)
      await update(server(), accessToken, { email: 'ceo@example.test' })
      const proof = { AccessToken: accessToken, AttributeName: 'email', Code: fixed }
      const code = await codeSentTo(server(), poolId, 'ceo@example.test')
      if (code !== fixed) await assert.rejects(server().send(new VerifyUserAttributeCommand(proof)), mismatch)
      assert.deepEqual(await sentTo(server(), poolId), ['update-attribute ceo@example.test'])
    })

    it('cannot take an address from another user with the fixed code', async () => {
      const { poolId, clientId } = await givenPool({ AliasAttributes: ['email'] })
      const ceo = 'ceo@example.test'
      const taken = { name: 'AliasExistsException' }
      const { sub } = await givenUser(server(), poolId, 'ceo', { attributes: attributeList({ email: ceo, email_verified: 'true' }) })

      await signUp(server(), clientId, 'robot', { email: ceo })
      await assert.rejects(confirm(server(), clientId, 'robot', fixed, true), taken)
      await assert.rejects(confirm(server(), clientId, 'robot', fixed), taken)
      assert.equal((await adminGet(server(), poolId, 'robot')).UserStatus, 'UNCONFIRMED')

      await setTestUsers(poolId, 'droid')
      await givenUser(server(), poolId, 'droid', { attributes: attributeList({ email: ceo }) })
      const { accessToken: AccessToken } = await givenTokens(server(), clientId, 'droid')
      await server().send(new GetUserAttributeVerificationCodeCommand({ AccessToken, AttributeName: 'email' }))
      const proof = { AccessToken, AttributeName: 'email', Code: fixed }
      await assert.rejects(server().send(new VerifyUserAttributeCommand(proof)), taken)

      const { Username, attributes } = await adminGet(server(), poolId, ceo)
      assert.deepEqual([Username, attributes['sub'], attributes['email_verified']], ['ceo', sub, 'true'])
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('cannot be confirmed with a wrong code', async () => {
      const { poolId, clientId } = await givenPool()
      await signUp(server(), clientId, 'robot', { email: 'mallory@example.test' })
      await assert.rejects(confirm(server(), clientId, 'robot', '000000'), mismatch)
      await assert.rejects(givenTokens(server(), clientId, 'robot'), { name: 'UserNotConfirmedException' })
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('are ordinary users in another pool, and in their pool after they are removed from TestUsers', async () => {
      const { poolId, clientId } = await givenPool()
      const other = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
      await signUp(server(), other.clientId, 'robot', { email })
      assert.deepEqual(await sentTo(server(), other.poolId), [`sign-up ${email}`])
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, TestUsers: [] })
      await signUp(server(), clientId, 'robot', { email })
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
    })

    it('get the fixed code from IssueCode as well', async () => {
      const { poolId, clientId } = await givenPool()
      await signUp(server(), clientId, 'robot', { email })
      assert.equal((await callLifeguard(server(), 'IssueCode', { UserPoolId: poolId, Username: 'robot', Purpose: 'SIGN_UP' })).Code, fixed)
      await confirm(server(), clientId, 'robot', fixed)
    })
  })
}
