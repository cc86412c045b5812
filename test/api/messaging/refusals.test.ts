import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminResetUserPasswordCommand,
  ForgotPasswordCommand,
  GetUserAttributeVerificationCodeCommand,
  ResendConfirmationCodeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createAfterCommit } from '../../../src/messaging/outbox.ts'
import { queueSignInCode } from '../../../src/messaging/send-code.ts'
import { noExtensions } from '../../../src/pools/extensions/pool-extensions.ts'
import { adminUpdate } from '../../support/administration.ts'
import { givenChoicePool, startBy } from '../../support/choice.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { prefer, setMfa } from '../../support/mfa.ts'
import { attributeList, signUp, update } from '../../support/self-service.ts'
import { givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { openSmsEndpoint } from '../../support/sms-endpoint.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { openMessagingSetup, plainContent, testPool } from './messaging-setup.ts'

const sms = await openSmsEndpoint()
const refused = { name: 'CodeDeliveryFailureException', message: 'The message was refused where it was to be delivered.' }
const good = '+15550000000'
const bad = '+15550000009'
const hiding = { PreventUserExistenceErrors: 'ENABLED' } as const

for (const engine of engines) {
  describe(`Messages that the receiver refuses on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: [...sms.flags, '--log-level', 'silent'] })
    sms.answerTo(bad, 400)

    async function givenPool(onRefusal: 'FAIL' | 'IGNORE', settings: TestPoolOptions = {}) {
      const ids = await givenChoicePool(server(), ['PASSWORD', 'SMS_OTP'], {
        ...settings,
        pool: { AutoVerifiedAttributes: ['phone_number'], ...settings.pool },
      })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Messages: { OnRefusal: onRefusal } })
      return ids
    }

    const attributes = (phone_number: string) => attributeList({ phone_number, phone_number_verified: 'true' })

    /** Every call that sends a message to a user, when the gateway refuses the user's number (`bad`). */
    function callsOf(
      { poolId, clientId }: { poolId: string; clientId: string },
      accessToken: string,
    ): Record<string, () => Promise<unknown>> {
      const ofAna = { UserPoolId: poolId, Username: 'ana' }
      const invited = { UserPoolId: poolId, Username: 'cyd', UserAttributes: attributes(bad), TemporaryPassword: 'Tempor4ry!' }
      return {
        SignUp: () => signUp(server(), clientId, 'bob', { phone_number: bad }),
        ResendConfirmationCode: () => server().send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username: 'bob' })),
        ForgotPassword: () => server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' })),
        GetUserAttributeVerificationCode: () =>
          server().send(new GetUserAttributeVerificationCodeCommand({ AccessToken: accessToken, AttributeName: 'phone_number' })),
        UpdateUserAttributes: async () => {
          await adminUpdate(server(), poolId, 'ana', { phone_number: good, phone_number_verified: 'true' })
          await update(server(), accessToken, { phone_number: bad })
        },
        AdminUpdateUserAttributes: async () => {
          await adminUpdate(server(), poolId, 'ana', { phone_number: good, phone_number_verified: 'true' })
          await adminUpdate(server(), poolId, 'ana', { phone_number: bad })
        },
        AdminCreateUser: () => server().send(new AdminCreateUserCommand(invited)),
        'AdminCreateUser, again': () => server().send(new AdminCreateUserCommand({ ...invited, MessageAction: 'RESEND' })),
        SMS_OTP: async () => {
          await adminUpdate(server(), poolId, 'ana', { phone_number: bad, phone_number_verified: 'true' })
          await startBy(server(), clientId, 'ana', 'SMS_OTP')
        },
        SMS_MFA: async () => {
          await setMfa(server(), poolId, 'OPTIONAL', ['sms'])
          await prefer(server(), poolId, 'ana', { SMSMfaSettings: { Enabled: true, PreferredMfa: true } })
          await signInByPassword(server(), clientId, 'ana')
        },
        AdminResetUserPassword: () => server().send(new AdminResetUserPasswordCommand(ofAna)),
      }
    }

    it('fail the call that caused them with OnRefusal FAIL, whichever call it is; what the call changed stays stored', async () => {
      const ids = await givenPool('FAIL')
      await givenUser(server(), ids.poolId, 'ana', { attributes: attributes(bad) })
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      for (const [name, call] of Object.entries(callsOf(ids, accessToken))) await assert.rejects(call, refused, name)
      assert.deepEqual(sms.acceptedOf(ids.poolId), [])
    })

    it('fail no call with OnRefusal IGNORE', async () => {
      const ids = await givenPool('IGNORE')
      await givenUser(server(), ids.poolId, 'ana', { attributes: attributes(bad) })
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      for (const call of Object.values(callsOf(ids, accessToken))) await call()
      assert.deepEqual(sms.acceptedOf(ids.poolId), [])
    })

    it('are the only ones that fail a call: accepted messages, and messages that the gateway cannot take yet, do not', async () => {
      const { poolId, clientId } = await givenPool('FAIL')
      sms.answerTo('+15550000008', 503)
      for (const [name, phone_number] of [
        ['ana', '+15550000008'],
        ['bob', good],
      ] as const) {
        assert.ok((await signUp(server(), clientId, name, { phone_number })).CodeDeliveryDetails)
      }
      assert.deepEqual(
        sms.acceptedOf(poolId).map(({ to }) => to),
        [good],
      )
    })

    it('do not reveal which users exist, where the client hides that', async () => {
      const { poolId, clientId } = await givenPool('FAIL', { client: hiding })
      await givenUser(server(), poolId, 'ana', { attributes: attributes(bad) })
      for (const name of ['ana', 'nobody']) {
        const { CodeDeliveryDetails } = await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: name }))
        // The address of a user who does not exist is made up: it may be a phone number or an e-mail address.
        const { AttributeName, DeliveryMedium } = CodeDeliveryDetails ?? {}
        const shown = `${AttributeName} ${DeliveryMedium}`
        assert.ok(shown === 'phone_number SMS' || (name === 'nobody' && shown === 'email EMAIL'), `${name}: ${shown}`)
      }
      assert.equal((await startBy(server(), clientId, 'ana', 'SMS_OTP')).ChallengeName, 'SMS_OTP')
      await assert.rejects(signUp(server(), clientId, 'bob', { phone_number: bad }), refused)
    })

    it('delay the call only up to a time limit while the result of the delivery is unknown', async () => {
      await using setup = await openMessagingSetup(engine)
      const messages = { ...noExtensions.messages, onRefusal: 'FAIL' } as const
      const pool = testPool({ extensions: { ...noExtensions, messages } })
      const user = { sub: 'sub-of-ana', username: 'ana', attributes: {} }
      const now = setup.clock.now()
      const code = {
        pool,
        user,
        contact: { attribute: 'phone_number', value: good },
        messageContent: plainContent,
        code: '123456',
        now,
      } as const
      const delivery = await setup.commit((tx) => queueSignInCode(tx, setup.secrets, { ...code, expiresAt: now + 60_000 }))
      let woken = 0
      const afterCommit = createAfterCommit({ db: setup.db, wake: () => woken++, maxWaitMs: 60 })
      await afterCommit(pool, [delivery])
      assert.equal(woken, 1)
    })
  })
}
