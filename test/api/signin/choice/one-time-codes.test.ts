import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminConfirmSignUpCommand, AdminGetUserCommand, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently, adminGet } from '../../../support/administration.ts'
import { choose, comparableChallenge, givenChoicePool, startBy, startChoice } from '../../../support/choice.ts'
import { engines } from '../../../support/engines.ts'
import { giveAttributes, respond } from '../../../support/mfa.ts'
import { codeSentTo, messagesOf, sentTo, signUp } from '../../../support/self-service.ts'
import { claimsOf, givenUser, goodPassword } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'

const email = 'ana@example.test'
const phone = '+15551234444'
const wrong = { name: 'CodeMismatchException', message: 'Invalid code or auth state for the user.' }
const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
const attributes = [
  { Name: 'email', Value: email },
  { Name: 'phone_number', Value: phone },
]

/** A wrong code of eight digits. */
const otherThan = (code: string) => ((Number(code) + 1) % 100_000_000).toString().padStart(8, '0')

for (const engine of engines) {
  describe(`a code as the first factor, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(options: Parameters<typeof givenChoicePool>[2] = {}) {
      const ids = await givenChoicePool(server(), ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'], options)
      await givenUser(server(), ids.poolId, 'ana', { attributes })
      return ids
    }

    function answerByEmail(clientId: string, session: string | undefined, code: string, username = 'ana') {
      return respond(server(), clientId, 'EMAIL_OTP', session, { USERNAME: username, EMAIL_OTP_CODE: code })
    }

    it('is sent by e-mail, has eight digits, and verifies the address', async () => {
      const { poolId, clientId } = await givenAna()
      const asked = await startBy(server(), clientId, 'ana', 'EMAIL_OTP')
      assert.deepEqual(comparableChallenge(asked), {
        ChallengeName: 'EMAIL_OTP',
        ChallengeParameters: { CODE_DELIVERY_DELIVERY_MEDIUM: 'EMAIL', CODE_DELIVERY_DESTINATION: 'a***@e***' },
        AvailableChallenges: ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP'],
      })
      const code = await codeSentTo(server(), poolId, email)
      assert.match(code, /^\d{8}$/)
      assert.equal((await adminGet(server(), poolId, 'ana')).attributes['email_verified'], undefined)
      const { AuthenticationResult: tokens } = await answerByEmail(clientId, asked.Session, code)
      assert.equal(claimsOf(tokens?.IdToken ?? '')['email_verified'], true)
      assert.equal((await adminGet(server(), poolId, 'ana')).attributes['email_verified'], 'true')
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${email}`])
      await assert.rejects(answerByEmail(clientId, asked.Session, code), used)
    })

    it('is sent by SMS', async () => {
      const { poolId, clientId } = await givenAna()
      const { Session } = await startChoice(server(), clientId, 'ana')
      const asked = await choose(server(), clientId, 'ana', Session, 'SMS_OTP')
      assert.deepEqual(asked.ChallengeParameters, { CODE_DELIVERY_DELIVERY_MEDIUM: 'SMS', CODE_DELIVERY_DESTINATION: '+*******4444' })
      const code = await codeSentTo(server(), poolId, phone)
      assert.match(code, /^\d{8}$/)
      const answer = { USERNAME: 'ana', SMS_OTP_CODE: code }
      assert.ok((await respond(server(), clientId, 'SMS_OTP', asked.Session, answer)).AuthenticationResult)
      assert.equal((await adminGet(server(), poolId, 'ana')).attributes['phone_number_verified'], 'true')
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${phone}`])
    })

    it('is accepted in an answer to SELECT_CHALLENGE, and can be requested again; then only the newer code counts', async () => {
      const { poolId, clientId } = await givenAna()
      const first = await startBy(server(), clientId, 'ana', 'EMAIL_OTP')
      const firstCode = await codeSentTo(server(), poolId, email)
      const second = await choose(server(), clientId, 'ana', first.Session, 'EMAIL_OTP')
      const code = await codeSentTo(server(), poolId, email)
      await assert.rejects(answerByEmail(clientId, first.Session, firstCode), used)
      await assert.rejects(answerByEmail(clientId, second.Session, firstCode), wrong)
      const done = await choose(server(), clientId, 'ana', second.Session, 'EMAIL_OTP', { EMAIL_OTP_CODE: code })
      assert.ok(done.AuthenticationResult)
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${email}`, `mfa ${email}`])
    })

    it('can be replaced by another factor in the same sign-in', async () => {
      const { poolId, clientId } = await givenAna()
      const asked = await startBy(server(), clientId, 'ana', 'EMAIL_OTP')
      const byPassword = { USERNAME: 'ana', PASSWORD: goodPassword }
      assert.ok((await respond(server(), clientId, 'PASSWORD', asked.Session, byPassword)).AuthenticationResult)
      const again = await startBy(server(), clientId, 'ana', 'EMAIL_OTP')
      const bySms = await respond(server(), clientId, 'SMS_OTP', again.Session, { USERNAME: 'ana' })
      assert.equal(bySms.ChallengeName, 'SMS_OTP')
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${email}`, `mfa ${email}`, `mfa ${phone}`])
    })

    it('is rejected for another challenge, and after the user’s address has changed', async () => {
      const { poolId, clientId } = await givenAna()
      const byEmail = await startBy(server(), clientId, 'ana', 'EMAIL_OTP')
      const emailCode = await codeSentTo(server(), poolId, email)
      const bySms = await startBy(server(), clientId, 'ana', 'SMS_OTP')
      await assert.rejects(answerByEmail(clientId, byEmail.Session, await codeSentTo(server(), poolId, phone)), wrong)
      const asSms = respond(server(), clientId, 'SMS_OTP', bySms.Session, { USERNAME: 'ana', SMS_OTP_CODE: emailCode })
      await assert.rejects(asSms, wrong)
      await giveAttributes(server(), poolId, 'ana', { email: 'other@example.test' })
      await assert.rejects(answerByEmail(clientId, byEmail.Session, emailCode), wrong)
    })

    it('leaves the Session valid when it is wrong; five wrong codes lock the codes of all sign-ins of the user', async () => {
      const { poolId, clientId } = await givenAna()
      const asked = await startBy(server(), clientId, 'ana', 'EMAIL_OTP')
      const code = await codeSentTo(server(), poolId, email)
      await assert.rejects(answerByEmail(clientId, asked.Session, otherThan(code)), wrong)
      await assert.rejects(answerByEmail(clientId, asked.Session, code.slice(0, 6)), wrong)
      const missing = { name: 'InvalidParameterException', message: 'Missing required parameter EMAIL_OTP_CODE' }
      await assert.rejects(respond(server(), clientId, 'EMAIL_OTP', asked.Session, { USERNAME: 'ana' }), missing)
      for (let count = 0; count < 3; count++) await assert.rejects(answerByEmail(clientId, asked.Session, otherThan(code)), wrong)
      const locked = { name: 'NotAuthorizedException', message: 'Attempt limit exceeded, please try after some time.' }
      await assert.rejects(answerByEmail(clientId, asked.Session, code), locked)
      const anew = await startBy(server(), clientId, 'ana', 'EMAIL_OTP')
      await assert.rejects(answerByEmail(clientId, anew.Session, await codeSentTo(server(), poolId, email)), locked)
      server().clock.advance(2000)
      assert.ok((await answerByEmail(clientId, asked.Session, code)).AuthenticationResult)
    })

    it('is sent at most twenty times in an hour', async () => {
      const { poolId, clientId } = await givenAna()
      for (let count = 0; count < 20; count++) await startBy(server(), clientId, 'ana', 'EMAIL_OTP')
      const tooMany = { name: 'TooManyRequestsException' }
      await assert.rejects(startBy(server(), clientId, 'ana', 'EMAIL_OTP'), tooMany)
      await assert.rejects(startBy(server(), clientId, 'ana', 'SMS_OTP'), tooMany)
      assert.equal((await sentTo(server(), poolId)).length, 20)
      assert.ok((await startBy(server(), clientId, 'ana', 'PASSWORD', { PASSWORD: goodPassword })).AuthenticationResult)
      server().clock.advance(3_600_000)
      await startBy(server(), clientId, 'ana', 'EMAIL_OTP')
    })

    it('confirms a new user', async () => {
      const { poolId, clientId } = await givenAna({ pool: { AutoVerifiedAttributes: ['email'] } })
      await signUp(server(), clientId, 'ben', { email: 'ben@example.test' })
      const asked = await startBy(server(), clientId, 'ben', 'EMAIL_OTP')
      const code = await codeSentTo(server(), poolId, 'ben@example.test')
      assert.ok((await answerByEmail(clientId, asked.Session, code, 'ben')).AuthenticationResult)
      const { UserStatus, attributes } = await adminGet(server(), poolId, 'ben')
      assert.deepEqual([UserStatus, attributes['email_verified']], ['CONFIRMED', 'true'])
      assert.deepEqual(await sentTo(server(), poolId), ['sign-up ben@example.test', 'mfa ben@example.test'])
      assert.ok((await startBy(server(), clientId, 'ben', 'PASSWORD', { PASSWORD: goodPassword })).AuthenticationResult)
    })

    it('signs in users who never had a password', async () => {
      const pool = { AutoVerifiedAttributes: ['email' as const], UsernameAttributes: ['email' as const] }
      const { poolId, clientId } = await givenChoicePool(server(), ['PASSWORD', 'EMAIL_OTP'], { pool })
      const request = { ClientId: clientId, Username: 'ben@example.test' }
      await server().send(new SignUpCommand(request))
      await server().send(new AdminConfirmSignUpCommand({ UserPoolId: poolId, Username: 'ben@example.test' }))
      await adminCreateSilently(server(), poolId, 'cleo@example.test', { attributes: { email: 'cleo@example.test' } })
      for (const name of ['ben@example.test', 'cleo@example.test']) {
        const asked = await startBy(server(), clientId, name, 'EMAIL_OTP')
        assert.deepEqual(asked.AvailableChallenges, ['EMAIL_OTP'])
        const done = await answerByEmail(clientId, asked.Session, await codeSentTo(server(), poolId, name), name)
        assert.ok(done.AuthenticationResult)
      }
      assert.deepEqual(
        (await sentTo(server(), poolId)).filter((message) => message.startsWith('mfa')),
        ['mfa ben@example.test', 'mfa cleo@example.test'],
      )
    })

    it('makes the address the alias of the user who proved it last', async () => {
      const pool = { AliasAttributes: ['email' as const], AutoVerifiedAttributes: ['email' as const] }
      const { poolId, clientId } = await givenChoicePool(server(), ['PASSWORD', 'EMAIL_OTP'], { pool })
      const shared = { email: 'shared@example.test', email_verified: 'true' }
      await adminCreateSilently(server(), poolId, 'ana', { attributes: shared })
      await signUp(server(), clientId, 'ben', { email: 'shared@example.test' })
      const asked = await startBy(server(), clientId, 'ben', 'EMAIL_OTP')
      const code = await codeSentTo(server(), poolId, 'shared@example.test')
      assert.ok((await answerByEmail(clientId, asked.Session, code, 'ben')).AuthenticationResult)
      assert.equal((await adminGet(server(), poolId, 'shared@example.test')).Username, 'ben')
      assert.equal((await adminGet(server(), poolId, 'ana')).attributes['email_verified'], 'false')
    })

    it('is accepted only once, even when several answers arrive at the same time', async () => {
      const { poolId, clientId } = await givenAna()
      for (const isFirst of [true, false]) {
        const asked = await startBy(server(), clientId, 'ana', 'EMAIL_OTP')
        const code = await codeSentTo(server(), poolId, email)
        const outcomes = await Promise.allSettled([1, 2, 3].map(() => answerByEmail(clientId, asked.Session, code)))
        assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, `first: ${isFirst}`)
      }
    })

    it('is sent in the text of the pool’s own message template', async () => {
      const { poolId, clientId } = await givenAna({ pool: { SmsAuthenticationMessage: 'Come in with {####}' } })
      await startBy(server(), clientId, 'ana', 'SMS_OTP')
      const [message] = await messagesOf(server(), poolId)
      assert.equal(message?.text, `Come in with ${message?.code}`)
      const { UserStatus } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.equal(UserStatus, 'CONFIRMED')
    })
  })
}
