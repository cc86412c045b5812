import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminResetUserPasswordCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { challengeAfterPassword, type FactorName, givenMfaPool, prefer, respond, setMfa } from '../../support/mfa.ts'
import { attributeList, codeSentTo, type PoolAndClient, sentTo, type Values } from '../../support/self-service.ts'
import { givenUser, signInByPassword } from '../../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'

const mailbox = 'ana@example.test'
const phone = '+15551234444'
const verifiedEmail = { email: mailbox, email_verified: 'true' }
const verifiedPhone = { phone_number: phone, phone_number_verified: 'true' }
const both = { ...verifiedEmail, ...verifiedPhone }
const noContact = {
  name: 'InvalidParameterException',
  message: 'Cannot reset password for the user as there is no registered/verified email or phone_number',
}

const recovery = (...names: ('verified_email' | 'verified_phone_number')[]): TestPoolOptions => ({
  pool: { AccountRecoverySetting: { RecoveryMechanisms: names.map((Name, index) => ({ Name, Priority: index + 1 })) } },
})
const phoneFirst = recovery('verified_phone_number', 'verified_email')
const emailFirst = recovery('verified_email', 'verified_phone_number')

for (const engine of engines) {
  describe(`The recovery of an account with a second factor on ${engine.name}`, () => {
    const server = useTestServer(engine)

    type AccountOptions = {
      mode?: 'OPTIONAL' | 'ON'
      factors?: FactorName[]
      poolOptions?: TestPoolOptions
      attributes?: Values
      settings?: Parameters<typeof prefer>[3]
    }

    async function givenAna({ mode = 'OPTIONAL', factors = ['sms', 'email'], poolOptions, attributes = both, settings }: AccountOptions) {
      const ids = await givenMfaPool(server(), mode, factors, poolOptions)
      await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList(attributes) })
      if (settings !== undefined) await prefer(server(), ids.poolId, 'ana', settings)
      return ids
    }

    const forgotPassword = ({ clientId }: PoolAndClient) =>
      server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
    const bySms = { SMSMfaSettings: { Enabled: true } }
    const byEmail = { EmailMfaSettings: { Enabled: true } }

    it('sends the code to the address that the second factor does not use', async () => {
      const cases: readonly (readonly [AccountOptions, address: string])[] = [
        [{ poolOptions: phoneFirst }, phone],
        [{ poolOptions: phoneFirst, settings: bySms }, mailbox],
        [{ poolOptions: emailFirst, settings: byEmail }, phone],
        [{ poolOptions: emailFirst, settings: bySms }, mailbox],
        // SMS is the second factor although the user has not activated it, because the pool offers no other method.
        [{ mode: 'ON', poolOptions: phoneFirst, factors: ['sms'] }, mailbox],
        [{ mode: 'ON', poolOptions: emailFirst, factors: ['sms'], attributes: both }, mailbox],
      ]
      for (const [options, address] of cases) {
        const ids = await givenAna(options)
        await forgotPassword(ids)
        assert.deepEqual(await sentTo(server(), ids.poolId), [`forgot-password ${address}`], JSON.stringify(options))
      }
    })

    it('is refused, also to an administrator, when second factors use all addresses of the user; no message is sent', async () => {
      const cases: readonly AccountOptions[] = [
        { poolOptions: phoneFirst, attributes: verifiedPhone, settings: bySms },
        { poolOptions: emailFirst, attributes: verifiedEmail, settings: byEmail },
        { poolOptions: phoneFirst, settings: { ...bySms, ...byEmail } },
        { mode: 'ON', poolOptions: emailFirst, factors: ['sms'], attributes: verifiedPhone },
      ]
      for (const options of cases) {
        const ids = await givenAna(options)
        await assert.rejects(forgotPassword(ids), noContact, JSON.stringify(options))
        const byAdmin = new AdminResetUserPasswordCommand({ UserPoolId: ids.poolId, Username: 'ana' })
        await assert.rejects(server().send(byAdmin), noContact)
        assert.deepEqual(await sentTo(server(), ids.poolId), [])
      }
    })

    it('may use the address of the second factor again when MFA is off or the pool no longer offers the method', async () => {
      const ids = await givenAna({ poolOptions: phoneFirst, attributes: verifiedPhone, settings: bySms })
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      await forgotPassword(ids)
      await setMfa(server(), ids.poolId, 'OFF')
      await forgotPassword(ids)
      assert.deepEqual(await sentTo(server(), ids.poolId), [`forgot-password ${phone}`, `forgot-password ${phone}`])
    })

    it('prefers the other address in a pool without recovery settings, but uses the factor’s address if it is the only one', async () => {
      const two = await givenAna({ settings: bySms })
      await forgotPassword(two)
      assert.deepEqual(await sentTo(server(), two.poolId), [`forgot-password ${mailbox}`])
      const one = await givenAna({ attributes: verifiedPhone, settings: bySms })
      await forgotPassword(one)
      assert.deepEqual(await sentTo(server(), one.poolId), [`forgot-password ${phone}`])
    })

    it('returns CodeDeliveryDetails but sends nothing if the factor uses the only address and the client hides which users exist', async () => {
      const ids = await givenAna({
        poolOptions: { ...phoneFirst, client: { PreventUserExistenceErrors: 'ENABLED' } },
        attributes: verifiedPhone,
        settings: bySms,
      })
      const { CodeDeliveryDetails } = await forgotPassword(ids)
      assert.equal(CodeDeliveryDetails?.DeliveryMedium, 'SMS')
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('sets a new password, after which a sign-in still asks for the second factor', async () => {
      const ids = await givenAna({ poolOptions: emailFirst, settings: bySms })
      await forgotPassword(ids)
      const ConfirmationCode = await codeSentTo(server(), ids.poolId, mailbox)
      const chosen = { ClientId: ids.clientId, Username: 'ana', ConfirmationCode, Password: 'Another-horse-8' }
      await server().send(new ConfirmForgotPasswordCommand(chosen))
      await assert.rejects(challengeAfterPassword(server(), ids.clientId, 'ana'), { name: 'NotAuthorizedException' })
      const challenge = await signInByPassword(server(), ids.clientId, 'ana', 'Another-horse-8')
      assert.equal(challenge.ChallengeName, 'SMS_MFA')
      const answer = { USERNAME: 'ana', SMS_MFA_CODE: await codeSentTo(server(), ids.poolId, phone) }
      assert.ok((await respond(server(), ids.clientId, 'SMS_MFA', challenge.Session, answer)).AuthenticationResult)
      assert.deepEqual(await sentTo(server(), ids.poolId), [`forgot-password ${mailbox}`, `mfa ${phone}`])
    })
  })
}
