import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand,
  AssociateSoftwareTokenCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { appOf, challengeAfterPassword, giveAttributes, givenMfaPool, respond, setMfa, startTimeStep } from '../../support/mfa.ts'
import { attributeList, codeSentTo, givenConfirmedUser, type PoolAndClient, sentTo, wrongCode } from '../../support/self-service.ts'
import { claimsOf, givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const minute = 60_000
const mailbox = 'ana@example.test'
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
const expired = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session is expired.' }
const mismatch = { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' }

for (const engine of engines) {
  describe(`MFA_SETUP of an authenticator app on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const associate = (Session: string | undefined) => server().send(new AssociateSoftwareTokenCommand({ Session }))
    const verify = (Session: string | undefined, UserCode: string, FriendlyDeviceName?: string) =>
      server().send(new VerifySoftwareTokenCommand({ Session, UserCode, FriendlyDeviceName }))
    const finish = ({ clientId }: PoolAndClient, session: string | undefined, more: Record<string, string> = {}) =>
      respond(server(), clientId, 'MFA_SETUP', session, { USERNAME: 'ana', ...more })

    async function givenAna() {
      const ids = await givenMfaPool(server(), 'ON', ['totp'])
      await givenUser(server(), ids.poolId, 'ana')
      const asked = await challengeAfterPassword(server(), ids.clientId, 'ana')
      assert.equal(asked.name, 'MFA_SETUP')
      assert.deepEqual(asked.parameters, { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]', USER_ID_FOR_SRP: 'ana' })
      return { ...ids, session: asked.session }
    }

    async function givenAssociated() {
      const ana = await givenAna()
      const { SecretCode = '', Session: session } = await associate(ana.session)
      return { ...ana, first: ana.session, session, app: appOf(server(), SecretCode) }
    }

    it('registers no app once an administrator has reset the password', async () => {
      const { poolId, session, app } = await givenAssociated()
      await giveAttributes(server(), poolId, 'ana', { email: mailbox, email_verified: 'true' })
      await server().send(new AdminResetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana' }))
      await assert.rejects(verify(session, app.code()), invalid)
      await assert.rejects(associate(session), invalid)
      assert.equal((await adminGet(server(), poolId, 'ana')).UserMFASettingList, undefined)
    })

    it('gives out a secret, verifies a code of the app, and returns tokens; the next sign-in asks for a code', async () => {
      const ids = await givenAna()
      const { SecretCode = '', Session: second } = await associate(ids.session)
      assert.match(SecretCode, /^[A-Z2-7]{52}$/)
      const app = appOf(server(), SecretCode)
      const { Status, Session: third } = await verify(second, app.code(), 'My phone')
      assert.equal(Status, 'SUCCESS')
      assert.equal(new Set([ids.session, second, third]).size, 3)
      // MFA_SETUP ignores a challenge response that it does not need.
      const done = await finish(ids, third, { SOFTWARE_TOKEN_MFA_CODE: app.code() })
      assert.equal(claimsOf(done.AuthenticationResult?.IdToken ?? '')['cognito:username'], 'ana')
      await assert.rejects(finish(ids, third), used)

      const { UserMFASettingList, PreferredMfaSetting } = await adminGet(server(), ids.poolId, 'ana')
      assert.deepEqual([UserMFASettingList, PreferredMfaSetting], [['SOFTWARE_TOKEN_MFA'], undefined])
      const next = await challengeAfterPassword(server(), ids.clientId, 'ana')
      assert.deepEqual([next.name, next.parameters['FRIENDLY_DEVICE_NAME']], ['SOFTWARE_TOKEN_MFA', 'My phone'])
      const answer = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      await assert.rejects(respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', next.session, answer), { name: 'ExpiredCodeException' })
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('activates the app with the right code, even if the client never answers MFA_SETUP', async () => {
      const { session, app, ...ids } = await givenAssociated()
      await verify(session, app.code())
      assert.equal((await challengeAfterPassword(server(), ids.clientId, 'ana')).name, 'SOFTWARE_TOKEN_MFA')
    })

    it('allows fifteen attempts at the code in an hour', async () => {
      const { session, app } = await givenAssociated()
      for (let count = 0; count < 14; count++) await assert.rejects(verify(session, wrongCode(app.code())), mismatch)
      assert.equal((await verify(session, app.code())).Status, 'SUCCESS')
      const other = await givenAssociated()
      for (let count = 0; count < 15; count++) await assert.rejects(verify(other.session, wrongCode(other.app.code())), mismatch)
      await assert.rejects(verify(other.session, other.app.code()), { name: 'TooManyRequestsException' })
    })

    it('rejects the answer to MFA_SETUP before a code was verified', async () => {
      const { session, first, ...ids } = await givenAssociated()
      const unproven = { name: 'SoftwareTokenMFANotFoundException', message: 'User has not verified software token mfa' }
      for (const each of [first, session]) await assert.rejects(finish(ids, each), unproven)
      await assert.rejects(verify(first, '123456'), { name: 'SoftwareTokenMFANotFoundException' })
    })

    it('hands out further secrets on request; once a code of one secret is verified, all others are invalid', async () => {
      const { session, first, app } = await givenAssociated()
      const again = await associate(first)
      const fromSecond = await associate(session)
      const others = [again, fromSecond].map(({ SecretCode = '', Session }) => ({ app: appOf(server(), SecretCode), Session }))
      await assert.rejects(verify(session, others[0]?.app.code() ?? ''), mismatch)
      await verify(session, app.code())
      for (const other of others) await assert.rejects(verify(other.Session, other.app.code()), used)
      for (const each of [first, session, again.Session]) await assert.rejects(associate(each), used)
    })

    it('makes the Session of each step valid for the whole AuthSessionValidity', async () => {
      const { session, app, first, ...ids } = await givenAssociated()
      server().clock.advance(2 * minute)
      const renewed = await associate(session)
      server().clock.advance(2 * minute)
      await assert.rejects(associate(first), expired)
      await assert.rejects(verify(session, app.code()), expired)
      const { Session: last } = await verify(renewed.Session, appOf(server(), renewed.SecretCode ?? '').code())
      server().clock.advance(2 * minute)
      assert.ok((await finish(ids, last)).AuthenticationResult)
    })

    it('does not replace an app that another sign-in has set up in the meantime', async () => {
      const { session, app, ...ids } = await givenAssociated()
      const rival = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const { SecretCode = '', Session: theirs } = await associate(rival.session)
      await verify(session, app.code())
      startTimeStep(server())
      await assert.rejects(verify(theirs, appOf(server(), SecretCode).code()), invalid)
      const next = await challengeAfterPassword(server(), ids.clientId, 'ana')
      for (const operation of [associate(next.session), verify(next.session, app.code())]) await assert.rejects(operation, invalid)
      const answer = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      assert.ok((await respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', next.session, answer)).AuthenticationResult)
    })

    it('rejects the Session for another user or client, after a new password, and once the pool no longer offers apps', async () => {
      const { session, app, ...ids } = await givenAssociated()
      await givenUser(server(), ids.poolId, 'ben')
      const proven = await verify(session, app.code())
      await assert.rejects(respond(server(), ids.clientId, 'MFA_SETUP', proven.Session, { USERNAME: 'ben' }), invalid)
      const elsewhere = await server().givenPool()
      await assert.rejects(respond(server(), elsewhere.clientId, 'MFA_SETUP', proven.Session, { USERNAME: 'ana' }), invalid)
      const replaced = { UserPoolId: ids.poolId, Username: 'ana', Password: 'Another-horse-8', Permanent: true }
      await server().send(new AdminSetUserPasswordCommand(replaced))
      await assert.rejects(finish(ids, proven.Session), invalid)

      const withdrawn = await givenAssociated()
      await setMfa(server(), withdrawn.poolId, 'ON', ['email'])
      const gone = { name: 'SoftwareTokenMFANotFoundException', message: 'Software Token MFA has not been enabled by the userPool' }
      await assert.rejects(verify(withdrawn.session, withdrawn.app.code()), gone)
      await assert.rejects(associate(withdrawn.session), gone)
      for (const garbled of ['AYABe'.padEnd(60, 'x'), 'x'.repeat(60)]) await assert.rejects(associate(garbled), invalid)
    })

    it('follows NEW_PASSWORD_REQUIRED, and is asked of users who signed up themselves', async () => {
      const ids = await givenMfaPool(server(), 'ON', ['totp'], { pool: { AutoVerifiedAttributes: ['email'] } })
      const create = { UserPoolId: ids.poolId, Username: 'ana', TemporaryPassword: 'Temporary-1', MessageAction: 'SUPPRESS' as const }
      await server().send(new AdminCreateUserCommand(create))
      const first = await signInByPassword(server(), ids.clientId, 'ana', 'Temporary-1')
      assert.equal(first.ChallengeName, 'NEW_PASSWORD_REQUIRED')
      const chosen = { USERNAME: 'ana', NEW_PASSWORD: goodPassword }
      const second = await respond(server(), ids.clientId, 'NEW_PASSWORD_REQUIRED', first.Session, chosen)
      assert.equal(second.ChallengeName, 'MFA_SETUP')
      const { SecretCode = '', Session } = await associate(second.Session)
      const { Session: proven } = await verify(Session, appOf(server(), SecretCode).code())
      assert.ok((await finish(ids, proven)).AuthenticationResult)

      await givenConfirmedUser(server(), ids, 'ben', { email: 'ben@example.test' })
      assert.equal((await challengeAfterPassword(server(), ids.clientId, 'ben')).name, 'MFA_SETUP')
    })
  })

  describe(`MFA_SETUP of an e-mail address on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const answer = ({ clientId }: PoolAndClient, session: string | undefined, EMAIL: string) =>
      respond(server(), clientId, 'MFA_SETUP', session, { USERNAME: 'ana', EMAIL })
    const bring = ({ clientId }: PoolAndClient, session: string | undefined, code: string) =>
      respond(server(), clientId, 'EMAIL_OTP', session, { USERNAME: 'ana', EMAIL_OTP_CODE: code })

    async function givenAna(options = {}) {
      const ids = await givenMfaPool(server(), 'ON', ['totp', 'email'], options)
      await givenUser(server(), ids.poolId, 'ana')
      return ids
    }

    it('sends a code to the address, and gives the address to the user who answers with the right code', async () => {
      const ids = await givenAna()
      const { session, parameters } = await challengeAfterPassword(server(), ids.clientId, 'ana')
      assert.equal(parameters['MFAS_CAN_SETUP'], '["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]')
      for (const address of ['ana', 'ana@', 'a b@example.test'])
        await assert.rejects(answer(ids, session, address), { message: 'Invalid email address format.' })
      const asked = await answer(ids, session, mailbox)
      assert.equal(asked.ChallengeName, 'EMAIL_OTP')
      assert.equal(asked.ChallengeParameters?.['CODE_DELIVERY_DESTINATION'], 'a***@e***')
      assert.deepEqual(await sentTo(server(), ids.poolId), [`mfa ${mailbox}`])
      await assert.rejects(answer(ids, session, 'other@example.test'), used)

      const code = await codeSentTo(server(), ids.poolId, mailbox)
      await assert.rejects(bring(ids, asked.Session, wrongCode(code)), { name: 'CodeMismatchException' })
      assert.equal((await adminGet(server(), ids.poolId, 'ana')).attributes['email'], undefined)
      const done = await bring(ids, asked.Session, code)
      assert.equal(claimsOf(done.AuthenticationResult?.IdToken ?? '')['email'], mailbox)
      const { attributes, UserMFASettingList } = await adminGet(server(), ids.poolId, 'ana')
      assert.deepEqual([attributes['email'], attributes['email_verified']], [mailbox, 'true'])
      assert.deepEqual(UserMFASettingList, ['EMAIL_OTP'])
      assert.equal((await challengeAfterPassword(server(), ids.clientId, 'ana')).name, 'EMAIL_OTP')
    })

    it('rejects an address if the user was given another one after the challenge, or if recovery uses e-mail first', async () => {
      const recovery = {
        RecoveryMechanisms: [
          { Name: 'verified_email' as const, Priority: 1 },
          { Name: 'verified_phone_number' as const, Priority: 2 },
        ],
      }
      const primary = await givenAna({ pool: { AccountRecoverySetting: recovery } })
      const { session, parameters } = await challengeAfterPassword(server(), primary.clientId, 'ana')
      assert.equal(parameters['MFAS_CAN_SETUP'], '["SOFTWARE_TOKEN_MFA"]')
      await assert.rejects(answer(primary, session, mailbox), { name: 'InvalidParameterException' })

      const ids = await givenAna()
      const first = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const asked = await answer(ids, first.session, mailbox)
      const second = await challengeAfterPassword(server(), ids.clientId, 'ana')
      await giveAttributes(server(), ids.poolId, 'ana', { email: 'other@example.test' })
      await assert.rejects(answer(ids, second.session, mailbox), { name: 'InvalidParameterException' })
      const late = { name: 'CodeMismatchException', message: 'Invalid code or auth state for the user.' }
      await assert.rejects(bring(ids, asked.Session, await codeSentTo(server(), ids.poolId, mailbox)), late)
      assert.equal((await adminGet(server(), ids.poolId, 'ana')).attributes['email'], 'other@example.test')
    })

    it('rejects an address that another user signs in with', async () => {
      const ids = await givenMfaPool(server(), 'ON', ['email'], { pool: { UsernameAttributes: ['email', 'phone_number'] } })
      await givenUser(server(), ids.poolId, mailbox)
      const { username } = await givenUser(server(), ids.poolId, '+15551234444', { attributes: attributeList({ name: 'Ana' }) })
      const { session } = await challengeAfterPassword(server(), ids.clientId, '+15551234444')
      const taken = respond(server(), ids.clientId, 'MFA_SETUP', session, { USERNAME: username, EMAIL: mailbox })
      await assert.rejects(taken, { name: 'AliasExistsException' })
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('is not possible where SMS is the only method; a user without a method cannot sign in', async () => {
      const bySms = await givenMfaPool(server(), 'ON', ['sms'])
      await givenUser(server(), bySms.poolId, 'ana')
      const { name, parameters, session } = await challengeAfterPassword(server(), bySms.clientId, 'ana')
      assert.deepEqual([name, parameters['MFAS_CAN_SETUP']], ['MFA_SETUP', '["SMS_MFA"]'])
      await assert.rejects(answer(bySms, session, mailbox), { name: 'InvalidParameterException' })

      const phoneOnly = { RecoveryMechanisms: [{ Name: 'verified_phone_number' as const, Priority: 1 }] }
      const ids = await givenMfaPool(server(), 'ON', ['sms'], { pool: { AccountRecoverySetting: phoneOnly } })
      await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList({ phone_number: '+15551234444' }) })
      const impossible = { name: 'InvalidUserPoolConfigurationException' }
      await assert.rejects(challengeAfterPassword(server(), ids.clientId, 'ana'), impossible)
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })
  })
}
