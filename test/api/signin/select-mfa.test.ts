import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { adminGet } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { type App, challengeAfterPassword, giveAttributes, givenAppUser, givenMfaPool, prefer, respond } from '../../support/mfa.ts'
import { codeSentTo, type PoolAndClient, sentTo } from '../../support/self-service.ts'
import { signInBySrp } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const mailbox = 'ana@example.test'
const phone = '+15551234444'
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }

for (const engine of engines) {
  describe(`SELECT_MFA_TYPE on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** A user who has activated all three second factors and prefers none of them. */
    async function givenAna(): Promise<PoolAndClient & { app: App }> {
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['sms', 'totp', 'email'])
      const app = await givenAppUser(server(), ids, 'ana')
      await giveAttributes(server(), ids.poolId, 'ana', { email: mailbox, phone_number: phone })
      await prefer(server(), ids.poolId, 'ana', { SMSMfaSettings: { Enabled: true }, EmailMfaSettings: { Enabled: true } })
      return { ...ids, app }
    }

    const choose = ({ clientId }: PoolAndClient, session: string | undefined, answer: string, username = 'ana') =>
      respond(server(), clientId, 'SELECT_MFA_TYPE', session, { USERNAME: username, ANSWER: answer })

    it('lists the methods, and sends no code before the selection', async () => {
      const ids = await givenAna()
      const asked = await challengeAfterPassword(server(), ids.clientId, 'ana')
      assert.equal(asked.name, 'SELECT_MFA_TYPE')
      const choices = '["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]'
      assert.deepEqual(asked.parameters, { MFAS_CAN_CHOOSE: choices, USER_ID_FOR_SRP: 'ana' })
      assert.equal((await signInBySrp(server(), ids, 'ana')).ChallengeName, 'SELECT_MFA_TYPE')
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('asks for the code of the authenticator app once the user selects SOFTWARE_TOKEN_MFA', async () => {
      const { app, ...ids } = await givenAna()
      const { session } = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const next = await choose(ids, session, 'SOFTWARE_TOKEN_MFA')
      assert.equal(next.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      const answer = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      const done = await respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', next.Session, answer)
      assert.ok(done.AuthenticationResult?.RefreshToken)
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('sends a code to the selected address only', async () => {
      const ids = await givenAna()
      for (const [answer, challenge, key, address] of [
        ['SMS_MFA', 'SMS_MFA', 'SMS_MFA_CODE', phone],
        ['EMAIL_OTP', 'EMAIL_OTP', 'EMAIL_OTP_CODE', mailbox],
        // Cognito's documentation says that EMAIL_MFA is the answer which selects codes by e-mail.
        ['EMAIL_MFA', 'EMAIL_OTP', 'EMAIL_OTP_CODE', mailbox],
      ] as const) {
        const { session } = await challengeAfterPassword(server(), ids.clientId, 'ana')
        const next = await choose(ids, session, answer)
        assert.equal(next.ChallengeName, challenge)
        const code = await codeSentTo(server(), ids.poolId, address)
        const done = await respond(server(), ids.clientId, challenge, next.Session, { USERNAME: 'ana', [key]: code })
        assert.ok(done.AuthenticationResult?.RefreshToken, answer)
      }
      assert.deepEqual(await sentTo(server(), ids.poolId), [`mfa ${phone}`, `mfa ${mailbox}`, `mfa ${mailbox}`])
      const { attributes } = await adminGet(server(), ids.poolId, 'ana')
      assert.deepEqual([attributes['email_verified'], attributes['phone_number_verified']], ['true', 'true'])
    })

    it('rejects methods that are not listed, and accepts its Session for only one selection', async () => {
      const ids = await givenAna()
      await prefer(server(), ids.poolId, 'ana', { EmailMfaSettings: { Enabled: false } })
      const { session, parameters } = await challengeAfterPassword(server(), ids.clientId, 'ana')
      assert.equal(parameters['MFAS_CAN_CHOOSE'], '["SMS_MFA","SOFTWARE_TOKEN_MFA"]')
      for (const answer of ['EMAIL_OTP', 'EMAIL_MFA', 'sms_mfa', 'NEW_PASSWORD_REQUIRED', '__proto__'])
        await assert.rejects(choose(ids, session, answer), { name: 'InvalidParameterException' }, answer)
      await assert.rejects(choose(ids, session, ''), { message: 'Missing required parameter ANSWER' })
      await assert.rejects(choose(ids, session, 'SMS_MFA', 'ben'), invalid)
      await choose(ids, session, 'SMS_MFA')
      const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
      await assert.rejects(choose(ids, session, 'SMS_MFA'), used)
      assert.deepEqual(await sentTo(server(), ids.poolId), [`mfa ${phone}`])
    })

    it('rejects its Session in answers to other challenges', async () => {
      const { app, ...ids } = await givenAna()
      const { session } = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const answers = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code(), SMS_MFA_CODE: '123456', EMAIL_OTP_CODE: '123456' }
      for (const challenge of ['SOFTWARE_TOKEN_MFA', 'SMS_MFA', 'EMAIL_OTP', 'MFA_SETUP'] as const)
        await assert.rejects(respond(server(), ids.clientId, challenge, session, answers), invalid, challenge)
    })

    it('rejects SMS after the user’s phone number was removed, but still accepts the other methods', async () => {
      const ids = await givenAna()
      const { session } = await challengeAfterPassword(server(), ids.clientId, 'ana')
      await giveAttributes(server(), ids.poolId, 'ana', { phone_number: '' })
      await assert.rejects(choose(ids, session, 'SMS_MFA'), { name: 'InvalidParameterException' })
      assert.equal((await choose(ids, session, 'EMAIL_OTP')).ChallengeName, 'EMAIL_OTP')
    })

    it('is not asked of a user who prefers a method', async () => {
      const ids = await givenAna()
      await prefer(server(), ids.poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      assert.equal((await challengeAfterPassword(server(), ids.clientId, 'ana')).name, 'EMAIL_OTP')
    })
  })
}
