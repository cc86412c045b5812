import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTwilioGateway } from '../../src/messaging/gateways/twilio-gateway.ts'
import { type MessagingSetup, openMessagingSetup, queueText } from '../api/messaging/messaging-setup.ts'
import { engines } from '../support/engines.ts'
import { type Answer, outcomesIn, startPeer, startWorkerOf, tryTimes } from './http-peer.ts'

const taken: Answer = { status: 201, body: '{"sid":"SM1","status":"queued"}' }
const failure = (status: number, code: number): Answer => ({
  status,
  body: JSON.stringify({ code, message: '+15551234444 with 123456', status }),
})
const secrets = /hunter2|AC0123|123456|15551234444/
const path = '/2010-04-01/Accounts/AC0123/Messages.json'

function startWorker(setup: MessagingSetup, url: string, { from = '+15550001111', timeoutMs = 5000 } = {}) {
  const withCredentials = `${url.replace('http://', 'http://AC0123:hunter2%2F@')}${path}`
  return startWorkerOf(setup, { sms: createTwilioGateway({ url: withCredentials, from, timeoutMs }) })
}

for (const engine of engines) {
  describe(`Twilio, with the outbox on ${engine.name}`, () => {
    it('gets the text as a URL-encoded form, with the account SID and the token', async () => {
      await using setup = await openMessagingSetup(engine)
      await using twilio = await startPeer(taken)
      await using worker = startWorker(setup, twilio.url)
      await queueText(setup)
      await worker.drain()
      const [request, ...others] = twilio.requests
      assert.equal(others.length, 0)
      assert.equal(request?.path, path)
      assert.equal(request.headers.authorization, `Basic ${Buffer.from('AC0123:hunter2/').toString('base64')}`)
      assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded')
      const form = { To: '+15551234444', From: '+15550001111', Body: 'Your verification code is 123456. ' }
      assert.deepEqual(Object.fromEntries(new URLSearchParams(request.body)), form)
      assert.deepEqual(await outcomesIn(setup), [['sent', 1, null]])
    })

    it('gets the SID of a messaging service in place of the sender’s number when the setting is such a SID', async () => {
      await using setup = await openMessagingSetup(engine)
      await using twilio = await startPeer(taken)
      const from = `MG${'0123456789abcdef'.repeat(2)}`
      await using worker = startWorker(setup, twilio.url, { from })
      await queueText(setup)
      await worker.drain()
      const form = new URLSearchParams(twilio.requests[0]?.body)
      assert.deepEqual([form.get('MessagingServiceSid'), form.get('From')], [from, null])
    })

    it('gets the message again after throttling and server errors, until it accepts it', async () => {
      await using setup = await openMessagingSetup(engine)
      await using twilio = await startPeer(failure(429, 20429), { status: 502, body: '<html>123456' }, 'hang up', 'nonsense', taken)
      await using worker = startWorker(setup, twilio.url)
      await queueText(setup)
      await tryTimes(setup, worker, 6)
      assert.deepEqual(await outcomesIn(setup), [['sent', 5, null]])
      assert.match(JSON.stringify(setup.log), /Twilio HTTP 429, code 20429/)
      assert.doesNotMatch(JSON.stringify(setup.log), secrets)
    })

    it('gets a message for a rejected number five times in all; then the message has failed', async () => {
      for (const answer of [failure(400, 21211), failure(400, 21610), { status: 400, body: 'nonsense 123456' }]) {
        await using setup = await openMessagingSetup(engine)
        await using twilio = await startPeer(answer)
        await using worker = startWorker(setup, twilio.url)
        await queueText(setup)
        await tryTimes(setup, worker, 8)
        assert.equal(twilio.requests.length, 5)
        const [[state, attempts, reason] = []] = (await outcomesIn(setup)) as [unknown[]]
        assert.deepEqual([state, attempts], ['failed', 5])
        assert.match(String(reason), /^Twilio HTTP 400(, code 21\d\d\d)?$/)
        assert.doesNotMatch(JSON.stringify(setup.log), secrets)
      }
    })

    it('does not count as refusing the message when it rejects the token or the sender, or hangs', async () => {
      for (const answer of [failure(401, 20003), failure(400, 21606), failure(404, 20404), 'hang'] as const) {
        await using setup = await openMessagingSetup(engine)
        await using twilio = await startPeer(answer)
        await using worker = startWorker(setup, twilio.url, { timeoutMs: 300 })
        await queueText(setup)
        await tryTimes(setup, worker, answer === 'hang' ? 1 : 7)
        const [[state] = []] = (await outcomesIn(setup)) as [unknown[]]
        assert.equal(state, 'queued')
        assert.doesNotMatch(JSON.stringify([setup.log, await outcomesIn(setup)]), secrets)
      }
    })
  })
}
