import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSesGateway } from '../../src/messaging/gateways/ses-gateway.ts'
import { emailMessage, type MessagingSetup, openMessagingSetup, queue } from '../api/messaging/messaging-setup.ts'
import { engines } from '../support/engines.ts'
import { type Answer, outcomesIn, startPeer, startWorkerOf, tryTimes } from './http-peer.ts'

// The SDK's standard chain looks for credentials in these variables first.
process.env['AWS_ACCESS_KEY_ID'] = 'AKIATESTOFMESSAGES00'
process.env['AWS_SECRET_ACCESS_KEY'] = 'hunter2hunter2'

const taken: Answer = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"MessageId":"0100"}' }
const failure = (status: number, type: string): Answer => ({
  status,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': type },
  body: JSON.stringify({ message: 'ana@example.test with 123456' }),
})
const secrets = /hunter2|AKIATEST|123456|ana@example/

function startWorker(setup: MessagingSetup, endpoint: string, timeoutMs = 5000) {
  return startWorkerOf(setup, {
    email: createSesGateway({ region: 'eu-west-1', endpoint, defaultFrom: 'Us <us@id.example.test>', timeoutMs }),
  })
}

for (const engine of engines) {
  describe(`SES, with the outbox on ${engine.name}`, () => {
    it('gets the complete mail in a signed request, with the pool’s identity and configuration set', async () => {
      await using setup = await openMessagingSetup(engine)
      await using ses = await startPeer(taken)
      await using worker = startWorker(setup, ses.url)
      const sourceArn = 'arn:aws:ses:eu-west-1:123456789012:identity/pool.test'
      await queue(setup, emailMessage({ from: 'Pool <mail@pool.test>', replyTo: 'help@pool.test', sourceArn, configurationSet: 'rules' }))
      await worker.drain()
      const [request, ...others] = ses.requests
      assert.equal(others.length, 0)
      assert.equal(request?.path, '/v2/email/outbound-emails')
      assert.match(String(request.headers.authorization), /^AWS4-HMAC-SHA256 Credential=AKIATESTOFMESSAGES00\/\d{8}\/eu-west-1\/ses\//)
      const { Content, ...rest } = JSON.parse(request.body)
      assert.deepEqual(rest, {
        FromEmailAddress: 'Pool <mail@pool.test>',
        FromEmailAddressIdentityArn: sourceArn,
        ConfigurationSetName: 'rules',
        Destination: { ToAddresses: ['ana@example.test'] },
      })
      const mail = Buffer.from(Content.Raw.Data, 'base64').toString()
      for (const line of [/^From: Pool <mail@pool\.test>\r$/m, /^Reply-To: help@pool\.test\r$/m, /^Subject: Your verification code\r$/m])
        assert.match(mail, line)
      assert.match(mail, /text\/plain[\s\S]*123456\.[\s\S]*text\/html[\s\S]*123456\./)
      assert.deepEqual(await outcomesIn(setup), [['sent', 1, null]])
    })

    it('gets the server’s sender, and no identity or configuration set, for pools that set none of these', async () => {
      await using setup = await openMessagingSetup(engine)
      await using ses = await startPeer(taken)
      await using worker = startWorker(setup, ses.url)
      await queue(setup, emailMessage())
      await worker.drain()
      const { Content: _, ...rest } = JSON.parse(ses.requests[0]?.body ?? '{}')
      assert.deepEqual(rest, { FromEmailAddress: 'Us <us@id.example.test>', Destination: { ToAddresses: ['ana@example.test'] } })
    })

    it('gets the message again after throttling and server errors, until it accepts it', async () => {
      await using setup = await openMessagingSetup(engine)
      await using ses = await startPeer(failure(429, 'TooManyRequestsException'), failure(503, 'ServiceUnavailable'), 'hang up', taken)
      await using worker = startWorker(setup, ses.url)
      await queue(setup, emailMessage())
      await tryTimes(setup, worker, 5)
      assert.equal(ses.requests.length, 4)
      assert.deepEqual(await outcomesIn(setup), [['sent', 4, null]])
      assert.match(JSON.stringify(setup.log), /SES TooManyRequestsException \(HTTP 429\)/)
      assert.doesNotMatch(JSON.stringify(setup.log), secrets)
    })

    it('gets a rejected message five times in all; then the message has failed', async () => {
      await using setup = await openMessagingSetup(engine)
      await using ses = await startPeer(failure(400, 'MessageRejected'))
      await using worker = startWorker(setup, ses.url)
      await queue(setup, emailMessage())
      await tryTimes(setup, worker, 8)
      assert.equal(ses.requests.length, 5)
      assert.deepEqual(await outcomesIn(setup), [['failed', 5, 'SES MessageRejected (HTTP 400)']])
      assert.doesNotMatch(JSON.stringify(setup.log), secrets)
    })

    it('does not count as refusing the message when it rejects the sender or the account', async () => {
      for (const type of [
        'MailFromDomainNotVerifiedException',
        'AccountSuspendedException',
        'SendingPausedException',
        'NotFoundException',
      ]) {
        await using setup = await openMessagingSetup(engine)
        await using ses = await startPeer(failure(400, type))
        await using worker = startWorker(setup, ses.url)
        await queue(setup, emailMessage())
        await tryTimes(setup, worker, 8)
        const [[state, attempts] = []] = (await outcomesIn(setup)) as [unknown[]]
        assert.deepEqual([type, state, Number(attempts) > 5], [type, 'queued', true])
      }
    })

    it('loses no message when it hangs or answers nonsense, and neither the answer nor the message is logged', async () => {
      for (const answer of ['hang', 'nonsense', { status: 200, body: '<html>123456' }] as const) {
        await using setup = await openMessagingSetup(engine)
        await using ses = await startPeer(answer, taken)
        await using worker = startWorker(setup, ses.url, 300)
        await queue(setup, emailMessage())
        await worker.drain()
        const [[state, attempts] = []] = (await outcomesIn(setup)) as [unknown[]]
        assert.deepEqual([state, attempts], ['queued', 1])
        await tryTimes(setup, worker, 2)
        assert.deepEqual(await outcomesIn(setup), [['sent', 2, null]])
        assert.doesNotMatch(JSON.stringify(setup.log), secrets)
      }
    })

    it('never gets a second recipient or a header from a user’s attributes', async () => {
      await using setup = await openMessagingSetup(engine)
      await using ses = await startPeer(taken)
      await using worker = startWorker(setup, ses.url)
      await queue(setup, emailMessage({ sub: 'two', recipient: 'ana@example.test, eve@example.test' }))
      await queue(setup, emailMessage({ sub: 'line', recipient: 'ana@example.test\r\nBcc: eve@example.test' }))
      await queue(setup, emailMessage({ sub: 'subject', subject: 'Hi\r\nBcc: eve@example.test\r\n\r\nbody' }))
      await worker.drain()
      assert.equal(ses.requests.length, 1)
      const mail = Buffer.from(JSON.parse(ses.requests[0]?.body ?? '').Content.Raw.Data, 'base64').toString()
      assert.doesNotMatch(mail, /^Bcc:/im)
    })
  })
}
