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
import { type PoolWish, useTestServer } from '../../support/test-server.ts'

const mailbox = 'ana@example.test'
const phone = '+15551234444'
const verifiedEmail = { email: mailbox, email_verified: 'true' }
const verifiedPhone = { phone_number: phone, phone_number_verified: 'true' }
const both = { ...verifiedEmail, ...verifiedPhone }
const noContact = {
  name: 'InvalidParameterException',
  message: 'Cannot reset password for the user as there is no registered/verified email or phone_number',
}

const recovery = (...names: ('verified_email' | 'verified_phone_number')[]): PoolWish => ({
  pool: { AccountRecoverySetting: { RecoveryMechanisms: names.map((Name, index) => ({ Name, Priority: index + 1 })) } },
})
const phoneFirst = recovery('verified_phone_number', 'verified_email')
const emailFirst = recovery('verified_email', 'verified_phone_number')

for (const engine of engines) {
  describe(`Recovery of an account that has a second factor, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    type Wish = {
      mode?: 'OPTIONAL' | 'ON'
      factors?: FactorName[]
      wish?: PoolWish
      attributes?: Values
      settings?: Parameters<typeof prefer>[3]
    }

    async function givenAna({ mode = 'OPTIONAL', factors = ['sms', 'email'], wish, attributes = both, settings }: Wish) {
      const ids = await givenMfaPool(server(), mode, factors, wish)
      await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList(attributes) })
      if (settings !== undefined) await prefer(server(), ids.poolId, 'ana', settings)
      return ids
    }

    const forget = ({ clientId }: PoolAndClient) => server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
    const bySms = { SMSMfaSettings: { Enabled: true } }
    const byEmail = { EmailMfaSettings: { Enabled: true } }

    it('goes by the address that the second factor does not go to', async () => {
      const cases: readonly (readonly [Wish, address: string])[] = [
        [{ wish: phoneFirst }, phone],
        [{ wish: phoneFirst, settings: bySms }, mailbox],
        [{ wish: emailFirst, settings: byEmail }, phone],
        [{ wish: emailFirst, settings: bySms }, mailbox],
        // Eligible without having been activated, because it is the only one.
        [{ mode: 'ON', wish: phoneFirst, factors: ['sms'] }, mailbox],
        [{ mode: 'ON', wish: emailFirst, factors: ['sms'], attributes: both }, mailbox],
      ]
      for (const [wish, address] of cases) {
        const ids = await givenAna(wish)
        await forget(ids)
        assert.deepEqual(await sentTo(server(), ids.poolId), [`forgot-password ${address}`], JSON.stringify(wish))
      }
    })

    it('is refused to who has no other address, by an administrator too, and sends nothing', async () => {
      const cases: readonly Wish[] = [
        { wish: phoneFirst, attributes: verifiedPhone, settings: bySms },
        { wish: emailFirst, attributes: verifiedEmail, settings: byEmail },
        { wish: phoneFirst, settings: { ...bySms, ...byEmail } },
        { mode: 'ON', wish: emailFirst, factors: ['sms'], attributes: verifiedPhone },
      ]
      for (const wish of cases) {
        const ids = await givenAna(wish)
        await assert.rejects(forget(ids), noContact, JSON.stringify(wish))
        const byAdmin = new AdminResetUserPasswordCommand({ UserPoolId: ids.poolId, Username: 'ana' })
        await assert.rejects(server().send(byAdmin), noContact)
        assert.deepEqual(await sentTo(server(), ids.poolId), [])
      }
    })

    it('is as ever once MFA is off, or the method is not offered any more', async () => {
      const ids = await givenAna({ wish: phoneFirst, attributes: verifiedPhone, settings: bySms })
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      await forget(ids)
      await setMfa(server(), ids.poolId, 'OFF')
      await forget(ids)
      assert.deepEqual(await sentTo(server(), ids.poolId), [`forgot-password ${phone}`, `forgot-password ${phone}`])
    })

    it('by the legacy rule prefers the other address, but does with one', async () => {
      const two = await givenAna({ settings: bySms })
      await forget(two)
      assert.deepEqual(await sentTo(server(), two.poolId), [`forgot-password ${mailbox}`])
      const one = await givenAna({ attributes: verifiedPhone, settings: bySms })
      await forget(one)
      assert.deepEqual(await sentTo(server(), one.poolId), [`forgot-password ${phone}`])
    })

    it('tells strangers nothing where the client hides who exists', async () => {
      const ids = await givenAna({
        wish: { ...phoneFirst, client: { PreventUserExistenceErrors: 'ENABLED' } },
        attributes: verifiedPhone,
        settings: bySms,
      })
      const { CodeDeliveryDetails } = await forget(ids)
      assert.equal(CodeDeliveryDetails?.DeliveryMedium, 'SMS')
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('ends with a new password, and the second factor is asked after it', async () => {
      const ids = await givenAna({ wish: emailFirst, settings: bySms })
      await forget(ids)
      const ConfirmationCode = await codeSentTo(server(), ids.poolId, mailbox)
      const chosen = { ClientId: ids.clientId, Username: 'ana', ConfirmationCode, Password: 'Another-horse-8' }
      await server().send(new ConfirmForgotPasswordCommand(chosen))
      await assert.rejects(challengeAfterPassword(server(), ids.clientId, 'ana'), { name: 'NotAuthorizedException' })
      const asked = await signInByPassword(server(), ids.clientId, 'ana', 'Another-horse-8')
      assert.equal(asked.ChallengeName, 'SMS_MFA')
      const answer = { USERNAME: 'ana', SMS_MFA_CODE: await codeSentTo(server(), ids.poolId, phone) }
      assert.ok((await respond(server(), ids.clientId, 'SMS_MFA', asked.Session, answer)).AuthenticationResult)
      assert.deepEqual(await sentTo(server(), ids.poolId), [`forgot-password ${mailbox}`, `mfa ${phone}`])
    })
  })
}
