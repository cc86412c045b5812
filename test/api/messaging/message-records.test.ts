import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDeleteUserCommand, ResendConfirmationCodeCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminCreate } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { confirm, sentTo, signUp } from '../../support/self-service.ts'
import { openSmsEndpoint } from '../../support/sms-endpoint.ts'
import { useTestServer } from '../../support/test-server.ts'

const sms = await openSmsEndpoint()
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const byPhone = { AutoVerifiedAttributes: ['phone_number'], SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' } }
const ana = { email: 'ana@example.test' }

type Listed = { readonly MessageId: string; readonly Username: string; readonly State: string; readonly QueuedAt: number }

for (const engine of engines) {
  describe(`Records of messages on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: [...sms.flags, '--log-level', 'silent'] })

    const givenPool = (pool: object = { AutoVerifiedAttributes: ['email'] }) => server().givenPool({ pool })

    /** First lets the outbox try to deliver every due message. Returns the records of the messages that match `filter`. */
    async function list(poolId: string, filter: object = {}) {
      await server().inbox()
      const { Messages } = await callLifeguard(server(), 'ListMessages', { UserPoolId: poolId, ...filter })
      return Messages
    }

    async function givenSent() {
      const ids = await givenPool()
      await signUp(server(), ids.clientId, 'ana', ana)
      const [message] = await list(ids.poolId)
      return { ...ids, id: message.MessageId as string }
    }

    const callFor = (operation: string, poolId: string, id: string) =>
      callLifeguard(server(), operation, { UserPoolId: poolId, MessageId: id })

    it('show kind, recipient and time, and never the code', async () => {
      const { poolId, clientId } = await givenPool()
      await signUp(server(), clientId, 'ana', ana)
      const [message, ...others] = await list(poolId)
      assert.deepEqual(others, [])
      const { MessageId, QueuedAt, LastAttemptAt, ExpiresAt, ...facts } = message
      assert.deepEqual(facts, {
        Medium: 'EMAIL',
        Recipient: 'ana@example.test',
        Username: 'ana',
        Kind: 'SignUp',
        State: 'SENT',
        Attempts: 1,
      })
      assert.match(MessageId, /^[0-9a-f-]{36}$/)
      assert.ok(QueuedAt <= LastAttemptAt && Math.abs(ExpiresAt - QueuedAt - 86_400) < 1)
      const [shown] = await server().inbox('ana@example.test')
      assert.equal(JSON.stringify(message).includes(shown?.code ?? ''), false)
    })

    it('are listed newest first, in pages, and can be filtered by state and by username', async () => {
      const { poolId, clientId } = await givenPool({ AutoVerifiedAttributes: ['email'], AliasAttributes: ['email'] })
      for (const name of ['ana', 'bob', 'cyd']) await signUp(server(), clientId, name, { email: `${name}@example.test` })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: { Suppress: ['ResendCode'] } })
      await server().send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username: 'ana' }))
      const names = (messages: readonly Listed[]) => messages.map(({ Username, State }) => `${Username} ${State}`)
      assert.deepEqual(names(await list(poolId)), ['ana SUPPRESSED', 'cyd SENT', 'bob SENT', 'ana SENT'])
      assert.deepEqual(names(await list(poolId, { State: 'SUPPRESSED' })), ['ana SUPPRESSED'])
      assert.deepEqual(names(await list(poolId, { Username: 'ana' })), ['ana SUPPRESSED', 'ana SENT'])
      assert.deepEqual(names(await list(poolId, { Username: 'ana', State: 'SENT' })), ['ana SENT'])
      for (const filter of [{ Username: 'nobody' }, { State: 'FAILED' }, { State: 'QUEUED' }])
        assert.deepEqual(await list(poolId, filter), [])

      const pages: string[][] = []
      let NextToken: string | undefined
      do {
        const page = await callLifeguard(server(), 'ListMessages', { UserPoolId: poolId, MaxResults: 2, NextToken })
        pages.push(names(page.Messages))
        NextToken = page.NextToken
        const elsewhere = { UserPoolId: poolId, MaxResults: 2, State: 'SENT', NextToken }
        if (NextToken) await assert.rejects(callLifeguard(server(), 'ListMessages', elsewhere), { name: 'InvalidParameterException' })
      } while (NextToken)
      assert.deepEqual(pages, [
        ['ana SUPPRESSED', 'cyd SENT'],
        ['bob SENT', 'ana SENT'],
      ])
    })

    it('are only found in their own pool', async () => {
      const { id, poolId } = await givenSent()
      const other = await givenPool()
      assert.deepEqual(await list(other.poolId), [])
      for (const operation of ['ReadMessageCode', 'ResendMessage']) {
        await assert.rejects(callFor(operation, other.poolId, id), { name: 'ResourceNotFoundException' })
        await assert.rejects(callFor(operation, poolId, 'none'), { name: 'ResourceNotFoundException' })
        await assert.rejects(callFor(operation, 'us-east-1_nowhere00', id), { name: 'ResourceNotFoundException' })
      }
      assert.deepEqual(await sentTo(server(), poolId), ['sign-up ana@example.test'])
    })

    it('show why a message is still queued or failed, and how often it was tried', async () => {
      const { poolId, clientId } = await givenPool(byPhone)
      sms.answerTo('+15550000001', 503)
      sms.answerTo('+15550000002', 400)
      for (const [at, name] of ['ana', 'bob'].entries()) await signUp(server(), clientId, name, { phone_number: `+1555000000${at + 1}` })
      const [bob, waiting] = await list(poolId)
      assert.deepEqual([waiting.State, waiting.Reason, waiting.Attempts], ['QUEUED', 'HTTP 503', 1])
      assert.ok(waiting.NextAttemptAt > waiting.LastAttemptAt)
      assert.deepEqual([bob.State, bob.Reason, bob.Attempts], ['QUEUED', 'HTTP 400', 1])
      for (let attempt = 1; attempt < 5; attempt++) {
        server().clock.advance(minuteMs)
        await server().inbox()
      }
      const [given] = await list(poolId, { State: 'FAILED' })
      assert.deepEqual([given.Username, given.Reason, given.Attempts, given.NextAttemptAt], ['bob', 'HTTP 400', 5, undefined])
      assert.deepEqual(sms.acceptedOf(poolId), [])
    })

    it('are deleted with their user', async () => {
      const { poolId, id } = await givenSent()
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(await list(poolId), [])
      await assert.rejects(callFor('ReadMessageCode', poolId, id), { name: 'ResourceNotFoundException' })
    })

    it('allow a message to be sent again unchanged, under another id', async () => {
      const { poolId, clientId, id } = await givenSent()
      const { Message } = await callFor('ResendMessage', poolId, id)
      assert.notEqual(Message.MessageId, id)
      const [again, first] = await server()
        .inbox('ana@example.test')
        .then((all) => all.filter(({ userPoolId }) => userPoolId === poolId))
      assert.equal(again?.code, first?.code)
      assert.deepEqual(
        (await list(poolId)).map(({ MessageId, State }: Listed) => [MessageId, State]),
        [
          [Message.MessageId, 'SENT'],
          [id, 'SENT'],
        ],
      )
      await confirm(server(), clientId, 'ana', again?.code ?? '')
    })

    it('allow a failed message to be sent again, and a queued one to be tried immediately', async () => {
      const { poolId, clientId } = await givenPool(byPhone)
      sms.answerTo('+15550000003', 400, 400, 400, 400, 400, 200)
      await signUp(server(), clientId, 'ana', { phone_number: '+15550000003' })
      for (let attempt = 0; attempt < 5; attempt++) {
        await server().inbox()
        server().clock.advance(minuteMs)
      }
      const [{ MessageId }] = await list(poolId, { State: 'FAILED' })
      await callFor('ResendMessage', poolId, MessageId)
      assert.deepEqual(
        (await list(poolId)).map(({ State }: Listed) => State),
        ['SENT', 'FAILED'],
      )

      sms.answerTo('+15550000004', 503, 200)
      await signUp(server(), clientId, 'bob', { phone_number: '+15550000004' })
      const [waiting] = await list(poolId, { Username: 'bob' })
      assert.equal(waiting.State, 'QUEUED')
      const { Message } = await callFor('ResendMessage', poolId, waiting.MessageId)
      assert.equal(Message.MessageId, waiting.MessageId)
      assert.deepEqual(
        (await list(poolId, { Username: 'bob' })).map(({ State, Attempts }: Listed & { Attempts: number }) => [State, Attempts]),
        [['SENT', 2]],
      )
      assert.equal(sms.acceptedOf(poolId).length, 2)
    })

    it('reveal the code while it is valid; afterwards the code can be neither read nor resent', async () => {
      const { poolId, clientId, id } = await givenSent()
      const { Code, ExpiresAt } = await callFor('ReadMessageCode', poolId, id)
      assert.ok(ExpiresAt * 1000 > server().clock.now())
      const { Records } = await callLifeguard(server(), 'ListAuditRecords', { UserPoolId: poolId, Operation: 'ReadMessageCode' })
      assert.deepEqual([Records[0].Outcome, Records[0].Username, Records[0].Detail], ['ok', 'ana', `message: ${id}`])
      assert.equal(JSON.stringify(Records).includes(Code), false)
      await confirm(server(), clientId, 'ana', Code)
      server().clock.advance(24 * hourMs)
      for (const operation of ['ReadMessageCode', 'ResendMessage']) {
        await assert.rejects(callFor(operation, poolId, id), { name: 'InvalidParameterException', message: `Message ${id} has expired.` })
      }
      assert.deepEqual(await sentTo(server(), poolId), ['sign-up ana@example.test'])
    })

    it('lead to an error when the code of a message without a code is read', async () => {
      const { poolId } = await givenPool({ Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } } })
      await adminCreate(server(), poolId, 'ana', { attributes: { ...ana, email_verified: 'true' }, DesiredDeliveryMediums: ['EMAIL'] })
      const [{ MessageId, Kind }] = await list(poolId)
      assert.equal(Kind, 'AdminCreateUser')
      await assert.rejects(callFor('ReadMessageCode', poolId, MessageId), { message: `Message ${MessageId} holds no code.` })
    })
  })
}
