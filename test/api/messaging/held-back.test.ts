import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminSetUserPasswordCommand,
  ForgotPasswordCommand,
  ResendConfirmationCodeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { confirm, sentTo, signUp } from '../../support/self-service.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const functions = await openTriggerEndpoint()
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const verified = (name: string) => ({ attributes: { email: `${name}@example.test`, email_verified: 'true' } })

for (const engine of engines) {
  describe(`Messages that are suppressed or exceed a limit on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: functions.flags })

    async function givenPool(messages: object, { pool, client }: TestPoolOptions = {}) {
      const ids = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], ...pool }, ...(client && { client }) })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Messages: messages })
      return ids
    }

    /** First lets the outbox try to deliver every due message. Returns kind, recipient, state and reason of all messages, newest first. */
    async function listed(poolId: string): Promise<string[]> {
      await server().inbox()
      const { Messages } = await callLifeguard(server(), 'ListMessages', { UserPoolId: poolId })
      return Messages.map(({ Kind, Recipient, State, Reason }: Record<string, string>) =>
        [Kind, Recipient, State, Reason].filter((part) => part !== undefined).join(' '),
      )
    }

    const codeOf = async (poolId: string) => {
      const { Messages } = await callLifeguard(server(), 'ListMessages', { UserPoolId: poolId })
      return (await callLifeguard(server(), 'ReadMessageCode', { UserPoolId: poolId, MessageId: Messages[0].MessageId })).Code as string
    }

    const forgot = (clientId: string, name: string) => server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: name }))

    it('are suppressed when the pool lists their kind: the code is valid, the answer is unchanged, and nothing is sent', async () => {
      const { poolId, clientId } = await givenPool({ Suppress: ['SignUp'] })
      const { CodeDeliveryDetails } = await signUp(server(), clientId, 'ana', { email: 'ana@example.test' })
      assert.deepEqual(CodeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' })
      assert.deepEqual(await sentTo(server(), poolId), [])
      assert.deepEqual(await listed(poolId), ['SignUp ana@example.test SUPPRESSED'])
      await confirm(server(), clientId, 'ana', await codeOf(poolId))
      await forgot(clientId, 'ana')
      assert.deepEqual(await sentTo(server(), poolId), ['forgot-password ana@example.test'])
    })

    it('are suppressed by CustomMessage, whatever texts it returns, and are listed as suppressed', async () => {
      const triggers = functions.given({
        CustomMessage: (event) => ({ ...event, response: { emailMessage: 'no room for it', messageAction: 'SUPPRESS' } }),
      })
      const { poolId, clientId } = await givenPool({}, { pool: { LambdaConfig: triggers.lambdaConfig } })
      await signUp(server(), clientId, 'ana', { email: 'ana@example.test' })
      assert.deepEqual(triggers.fired, ['CustomMessage_SignUp'])
      assert.deepEqual(await sentTo(server(), poolId), [])
      assert.deepEqual(await listed(poolId), ['SignUp ana@example.test SUPPRESSED'])
      await confirm(server(), clientId, 'ana', await codeOf(poolId))
    })

    it('are held back before a custom sender is invoked, whether their kind or a limit is the reason', async () => {
      const triggers = functions.given({ CustomEmailSender: () => null })
      const { poolId, clientId } = await givenPool(
        { Suppress: ['ResendCode'], MaxPerDay: 1 },
        { pool: { LambdaConfig: triggers.lambdaConfig } },
      )
      for (const name of ['ana', 'bob']) await signUp(server(), clientId, name, { email: `${name}@example.test` })
      await server().send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username: 'ana' }))
      assert.deepEqual(await listed(poolId), [
        'ResendCode ana@example.test SUPPRESSED',
        'SignUp bob@example.test FAILED The user pool sends at most 1 message a day.',
        'SignUp ana@example.test SENT',
      ])
      assert.deepEqual(triggers.fired, ['CustomEmailSender_SignUp'])
      await confirm(server(), clientId, 'ana', await codeOf(poolId))
    })

    it('are limited for each recipient and hour, in any spelling of the address; an hour begins with its first message', async () => {
      const { poolId, clientId } = await givenPool({ MaxPerRecipientPerHour: 2 })
      await signUp(server(), clientId, 'ana', { email: 'ana@example.test' })
      await signUp(server(), clientId, 'eve', { email: 'ANA@example.test' })
      const { CodeDeliveryDetails } = await signUp(server(), clientId, 'mal', { email: 'Ana@Example.test' })
      assert.equal(CodeDeliveryDetails?.Destination, 'A***@E***')
      await signUp(server(), clientId, 'bob', { email: 'bob@example.test' })
      const reason = 'The user pool sends at most 2 messages an hour to one recipient.'
      assert.deepEqual(await listed(poolId), [
        'SignUp bob@example.test SENT',
        `SignUp Ana@Example.test FAILED ${reason}`,
        'SignUp ANA@example.test SENT',
        'SignUp ana@example.test SENT',
      ])
      server().clock.advance(hourMs)
      await server().send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username: 'mal' }))
      assert.equal((await listed(poolId))[0], 'ResendCode Ana@Example.test SENT')
    })

    it('are limited for each pool and day; messages over the limit of a recipient, and simulated messages, do not count', async () => {
      const client = { PreventUserExistenceErrors: 'ENABLED' } as const
      const { poolId, clientId } = await givenPool({ MaxPerDay: 3, MaxPerRecipientPerHour: 1 }, { client })
      for (const name of ['ana', 'bob', 'cyd', 'dot']) await adminCreateSilently(server(), poolId, name, verified(name))
      for (const name of ['ana', 'bob', 'cyd', 'dot']) await confirmPassword(poolId, name)
      for (let again = 0; again < 3; again++) await forgot(clientId, 'ana')
      for (const name of ['nobody', 'noone', 'none', 'nil']) await forgot(clientId, name)
      for (const name of ['bob', 'cyd', 'dot']) await forgot(clientId, name)
      assert.deepEqual(
        await sentTo(server(), poolId),
        ['ana', 'bob', 'cyd'].map((name) => `forgot-password ${name}@example.test`),
      )
      assert.equal((await listed(poolId))[0], 'ForgotPassword dot@example.test FAILED The user pool sends at most 3 messages a day.')
      server().clock.advance(24 * hourMs)
      await forgot(clientId, 'dot')
      assert.equal((await listed(poolId))[0], 'ForgotPassword dot@example.test SENT')
    })

    it('do not reveal which users exist once a limit is reached, even with OnRefusal FAIL, where the client hides that', async () => {
      const client = { PreventUserExistenceErrors: 'ENABLED' } as const
      const { poolId, clientId } = await givenPool({ MaxPerDay: 1, OnRefusal: 'FAIL' }, { client })
      await adminCreateSilently(server(), poolId, 'ana', verified('ana'))
      await confirmPassword(poolId, 'ana')
      const shown: Record<string, object> = { ana: { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' } }
      for (const name of ['ana', 'nobody', 'ana', 'nobody']) {
        const { CodeDeliveryDetails } = await forgot(clientId, name)
        assert.ok(CodeDeliveryDetails)
        shown[name] ??= CodeDeliveryDetails
        assert.deepEqual(CodeDeliveryDetails, shown[name])
      }
      assert.deepEqual(await sentTo(server(), poolId), ['forgot-password ana@example.test'])
    })

    it('over a limit fail the call with OnRefusal FAIL, but are listed and can be sent later', async () => {
      const { poolId, clientId } = await givenPool({ MaxPerDay: 1, OnRefusal: 'FAIL' })
      await signUp(server(), clientId, 'ana', { email: 'ana@example.test' })
      await assert.rejects(signUp(server(), clientId, 'bob', { email: 'bob@example.test' }), {
        name: 'LimitExceededException',
        message: 'The user pool sends at most 1 message a day.',
      })
      assert.deepEqual(await sentTo(server(), poolId), ['sign-up ana@example.test'])
      const MessageId = (await callLifeguard(server(), 'ListMessages', { UserPoolId: poolId })).Messages[0].MessageId
      await callLifeguard(server(), 'ResendMessage', { UserPoolId: poolId, MessageId })
      assert.deepEqual(await sentTo(server(), poolId), ['sign-up ana@example.test', 'sign-up bob@example.test'])
    })

    it('are counted exactly when many requests arrive simultaneously, and no request fails', async () => {
      const { poolId, clientId } = await givenPool({ MaxPerDay: 5 })
      const names = Array.from({ length: 12 }, (_, at) => `user${at}`)
      await Promise.all(names.map((name) => signUp(server(), clientId, name, { email: `${name}@example.test` })))
      assert.equal((await sentTo(server(), poolId)).length, 5)
      assert.equal((await listed(poolId)).filter((line) => line.includes('FAILED')).length, 7)
    })

    async function confirmPassword(poolId: string, name: string): Promise<void> {
      const request = { UserPoolId: poolId, Username: name, Password: 'Correct-horse-7', Permanent: true }
      await server().send(new AdminSetUserPasswordCommand(request))
    }
  })
}
