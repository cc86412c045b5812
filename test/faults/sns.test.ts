import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSnsGateway } from '../../src/messaging/gateways/sns-gateway.ts'
import { type MessagingSetup, openMessagingSetup, queueText } from '../api/messaging/messaging-setup.ts'
import { engines } from '../support/engines.ts'
import { type Answer, outcomesIn, startPeer, startWorkerOf, tryTimes } from './http-peer.ts'

process.env['AWS_ACCESS_KEY_ID'] = 'AKIATESTOFMESSAGES00'
process.env['AWS_SECRET_ACCESS_KEY'] = 'hunter2hunter2'

const xml = { 'content-type': 'text/xml' }
const taken: Answer = {
  status: 200,
  headers: xml,
  body: '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId></PublishResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PublishResponse>',
}
const failure = (status: number, code: string): Answer => ({
  status,
  headers: xml,
  body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>+15551234444 with 123456</Message></Error><RequestId>r-2</RequestId></ErrorResponse>`,
})
const secrets = /hunter2|AKIATEST|123456|15551234444/

function startWorker(setup: MessagingSetup, endpoint: string, timeoutMs = 5000) {
  return startWorkerOf(setup, { sms: createSnsGateway({ region: 'eu-west-1', endpoint, timeoutMs }) })
}

for (const engine of engines) {
  describe(`SNS, with the outbox on ${engine.name}`, () => {
    it('gets the text as Cognito sends it, in a signed request', async () => {
      await using setup = await openMessagingSetup(engine)
      await using sns = await startPeer(taken)
      await using worker = startWorker(setup, sns.url)
      await queueText(setup)
      await worker.drain()
      const [request, ...others] = sns.requests
      assert.equal(others.length, 0)
      assert.match(String(request?.headers.authorization), /^AWS4-HMAC-SHA256 Credential=AKIATESTOFMESSAGES00\/\d{8}\/eu-west-1\/sns\//)
      assert.deepEqual(Object.fromEntries(new URLSearchParams(request?.body)), {
        Action: 'Publish',
        Version: '2010-03-31',
        PhoneNumber: '+15551234444',
        Message: 'Your verification code is 123456. ',
        'MessageAttributes.entry.1.Name': 'AWS.SNS.SMS.SMSType',
        'MessageAttributes.entry.1.Value.DataType': 'String',
        'MessageAttributes.entry.1.Value.StringValue': 'Transactional',
      })
      assert.deepEqual(await outcomesIn(setup), [['sent', 1, null]])
    })

    it('gets the message again after throttling and server errors, until it accepts it', async () => {
      await using setup = await openMessagingSetup(engine)
      await using sns = await startPeer(failure(429, 'Throttled'), failure(500, 'InternalError'), 'hang up', 'nonsense', taken)
      await using worker = startWorker(setup, sns.url)
      await queueText(setup)
      await tryTimes(setup, worker, 6)
      assert.equal(sns.requests.length, 5)
      assert.deepEqual(await outcomesIn(setup), [['sent', 5, null]])
      assert.doesNotMatch(JSON.stringify(setup.log), secrets)
    })

    it('gets a message for a rejected number five times in all; then the message has failed', async () => {
      await using setup = await openMessagingSetup(engine)
      await using sns = await startPeer(failure(400, 'InvalidParameter'))
      await using worker = startWorker(setup, sns.url)
      await queueText(setup)
      await tryTimes(setup, worker, 8)
      assert.equal(sns.requests.length, 5)
      const [[state, attempts, reason] = []] = (await outcomesIn(setup)) as [unknown[]]
      assert.deepEqual([state, attempts], ['failed', 5])
      assert.match(String(reason), /^SNS InvalidParameter\w* \(HTTP 400\)$/)
      assert.doesNotMatch(JSON.stringify([setup.log, reason]), secrets)
    })

    it('does not count as refusing the message when it rejects the credentials or hangs', async () => {
      for (const answer of [failure(403, 'AuthorizationError'), failure(403, 'InvalidClientTokenId'), 'hang'] as const) {
        await using setup = await openMessagingSetup(engine)
        await using sns = await startPeer(answer)
        await using worker = startWorker(setup, sns.url, 300)
        await queueText(setup)
        await tryTimes(setup, worker, answer === 'hang' ? 1 : 7)
        const [[state] = []] = (await outcomesIn(setup)) as [unknown[]]
        assert.equal(state, 'queued')
        assert.doesNotMatch(JSON.stringify([setup.log, await outcomesIn(setup)]), secrets)
      }
    })
  })
}
