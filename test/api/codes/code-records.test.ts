import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { minuteMs } from '../../../src/base/durations.ts'
import { openCodeKeyFile } from '../../support/code-keys.ts'
import { engines } from '../../support/engines.ts'
import { functionArn, functionFolder, recordingLogger } from '../../support/functions.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { codeSentTo, confirm, messagesOf, signUp } from '../../support/self-service.ts'
import { useTestServer } from '../../support/test-server.ts'
import { type Handler, openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import type { ListedRecord } from '../audit/audited-calls.ts'

const endpoint = await openTriggerEndpoint()
const codeKey = openCodeKeyFile()
const email = 'ana@example.test'
const keyArn = 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555'

type Listed = { readonly MessageId: string; readonly State: string; readonly Medium: string; readonly Reason?: string }

for (const engine of engines) {
  describe(`Records of messages with codes on ${engine.name}`, () => {
    const folder = functionFolder()
    const log = recordingLogger()
    let functionCount = 0
    const server = useTestServer(engine, { flags: [...endpoint.flags, ...codeKey.flags, '--functions', folder.path], logger: log.logger })

    const list = async (UserPoolId: string) =>
      ((await callLifeguard(server(), 'ListMessages', { UserPoolId })) as { Messages: Listed[] }).Messages
    const summaryOf = ({ State, Medium, Reason }: Listed) => [State, Medium, Reason]

    async function givenSender(handler: Handler, Messages: object = {}) {
      const triggers = endpoint.given({ CustomEmailSender: handler })
      const pool = { AutoVerifiedAttributes: ['email' as const], LambdaConfig: triggers.lambdaConfig }
      const ids = await server().givenPool({ pool })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Messages })
      return { ...ids, triggers }
    }

    it('show the message to a test user as suppressed', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, TestUsers: [{ Username: 'ana', Code: '271828' }] })
      await signUp(server(), clientId, 'ana', { email })
      assert.deepEqual(await messagesOf(server(), poolId), [])
      assert.deepEqual((await list(poolId)).map(summaryOf), [['SUPPRESSED', 'EMAIL', 'a test user, whose code is fixed']])
    })

    it('show that a custom sender failed, without its error message', async () => {
      let broken = true
      const { poolId, clientId, triggers } = await givenSender(() => (broken ? assert.fail('the code is 123456') : undefined))
      await signUp(server(), clientId, 'ana', { email })
      await server().inbox()
      assert.deepEqual((await list(poolId)).map(summaryOf), [['QUEUED', 'EMAIL', 'the custom sender failed']])
      const { Invocations } = await callLifeguard(server(), 'ListTriggerInvocations', { UserPoolId: poolId })
      assert.deepEqual(
        Invocations.map(({ Outcome, Error: { Message } }: { Outcome: string; Error: { Message: string } }) => [Outcome, Message]),
        [['FAILED', 'the function failed; its error is not recorded, because it may contain the code']],
      )
      assert.ok(!JSON.stringify(Invocations).includes(triggers.events[0]?.request.code))
      broken = false
      server().clock.advance(minuteMs)
      await server().inbox()
      assert.deepEqual((await list(poolId)).map(summaryOf), [['SENT', 'EMAIL', undefined]])
    })

    for (const failure of ['setTimeout(() => { throw new Error(text) })', 'Promise.reject(new Error(text))', 'throw text']) {
      it(`do not contain the error of a custom sender in a module that fails by ${failure}`, async () => {
        const name = `failing-${++functionCount}`
        const body = `const text = 'the code is ' + event.request.code; ${failure}; await new Promise((done) => setTimeout(done, 9000))`
        folder.write(`${name}.mjs`, `export const handler = async (event) => { ${body} }`)
        const LambdaConfig = { KMSKeyID: keyArn, CustomEmailSender: { LambdaVersion: 'V1_0' as const, LambdaArn: functionArn(name) } }
        const { poolId, clientId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], LambdaConfig } })
        await signUp(server(), clientId, 'ana', { email })
        await server().inbox()
        const { Invocations } = await callLifeguard(server(), 'ListTriggerInvocations', { UserPoolId: poolId })
        assert.deepEqual(
          Invocations.map(({ Error: { Message } }: { Error: { Message: string } }) => Message),
          ['the function failed; its error is not recorded, because it may contain the code'],
        )
        const output = [JSON.stringify([Invocations, await list(poolId)]), ...log.lines]
        assert.ok(!output.some((line) => line.includes('the code is')))
      })
    }

    it('allow a message to be sent again through a custom sender', async () => {
      const { poolId, clientId, triggers } = await givenSender(() => undefined)
      await signUp(server(), clientId, 'ana', { email })
      await server().inbox()
      const [message] = await list(poolId)
      await callLifeguard(server(), 'ResendMessage', { UserPoolId: poolId, MessageId: message?.MessageId })
      await server().inbox()
      assert.deepEqual(triggers.fired, ['CustomEmailSender_SignUp', 'CustomEmailSender_SignUp'])
      const { Code } = await callLifeguard(server(), 'ReadMessageCode', { UserPoolId: poolId, MessageId: message?.MessageId })
      await confirm(server(), clientId, 'ana', Code)
    })

    it('show a failed custom sender; SignUp succeeds all the same, although OnRefusal is FAIL', async () => {
      const { clientId, triggers } = await givenSender(() => assert.fail('no'), { OnRefusal: 'FAIL' })
      await signUp(server(), clientId, 'ana', { email })
      await server().inbox()
      assert.deepEqual(triggers.fired, ['CustomEmailSender_SignUp'])
    })

    it('show exceeded limits and suppressed messages also in a pool with a custom sender', async () => {
      const { poolId, clientId, triggers } = await givenSender(() => undefined, { MaxPerDay: 1, OnRefusal: 'FAIL' })
      await signUp(server(), clientId, 'ana', { email })
      await assert.rejects(signUp(server(), clientId, 'bo', { email }), { name: 'LimitExceededException' })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: { Suppress: ['SignUp'] } })
      await signUp(server(), clientId, 'cy', { email })
      await server().inbox()
      assert.deepEqual(triggers.fired, ['CustomEmailSender_SignUp'])
      assert.deepEqual((await list(poolId)).map(({ State }) => State).toSorted(), ['FAILED', 'SENT', 'SUPPRESSED'])
    })

    it('lead to an audit record when an administrator reads, or tries to read, the code of a message', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
      await signUp(server(), clientId, 'ana', { email })
      const code = await codeSentTo(server(), poolId, email)
      const [message] = await list(poolId)
      const request = { UserPoolId: poolId, MessageId: message?.MessageId, Reason: 'ticket 4711' }
      assert.equal((await callLifeguard(server(), 'ReadMessageCode', request)).Code, code)
      await assert.rejects(callLifeguard(server(), 'ReadMessageCode', { ...request, MessageId: 'another' }), {
        name: 'ResourceNotFoundException',
      })
      const { Records } = await callLifeguard(server(), 'ListAuditRecords', { UserPoolId: poolId, Operation: 'ReadMessageCode' })
      const records: ListedRecord[] = Records
      const withOutcome = (outcome: string) => records.find(({ Outcome }) => Outcome === outcome)
      const read = withOutcome('ok')
      assert.deepEqual([read?.Username, read?.Detail, read?.Reason], ['ana', `message: ${message?.MessageId}`, 'ticket 4711'])
      assert.equal(withOutcome('ResourceNotFoundException')?.Subject, 'another')
      assert.equal(records.length, 2)
    })
  })
}
