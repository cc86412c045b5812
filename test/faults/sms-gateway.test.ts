import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { createSmsHttpGateway } from '../../src/messaging/gateways/sms-http-gateway.ts'
import { createOutboxWorker } from '../../src/messaging/outbox-worker.ts'
import { type MessagingSetup, openMessagingSetup, queueText, smsMessage } from '../api/messaging/messaging-setup.ts'
import { engines } from '../support/engines.ts'

async function startGateway(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/send?account=hunter2`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function startWorker(setup: MessagingSetup, url: string, timeoutMs = 5000) {
  const sms = createSmsHttpGateway({ url, bearerToken: 'bearer-of-sms', timeoutMs })
  const email = { deliver: async () => assert.fail('no e-mail was queued') }
  const worker = createOutboxWorker({ ...setup, gateways: { email, sms }, pollMs: 3_600_000, graceMs: 0 })
  return Object.assign(worker, { [Symbol.asyncDispose]: () => worker.close() })
}

const message = smsMessage()
/** The rows of all messages in another state than `sent`, such as `queued` or `failed`. */
const rows = (setup: MessagingSetup) => setup.db.selectFrom('outbox').selectAll().where('state', '!=', 'sent').execute()
const secrets = /hunter2|bearer-of-sms|123456|15551234444/

for (const engine of engines) {
  describe(`An HTTP gateway for text messages, with the outbox on ${engine.name}`, () => {
    it('gets the message, the token, and the same id in each attempt', async () => {
      await using setup = await openMessagingSetup(engine)
      const seen: { headers: IncomingMessage['headers']; body: unknown }[] = []
      const statuses = [503, 401, 302, 202]
      await using gateway = await startGateway(async (request, response) => {
        seen.push({ headers: request.headers, body: await json(request) })
        response.writeHead(statuses.shift() ?? 500, { location: '/elsewhere' }).end('Sorry, 123456 to +15551234444')
      })
      await using worker = startWorker(setup, gateway.url)
      await queueText(setup)
      const [queued] = await rows(setup)
      for (const error of ['HTTP 503', 'HTTP 401', 'HTTP 302']) {
        await worker.drain()
        assert.equal((await rows(setup))[0]?.last_error, error)
        setup.clock.advance(60_000)
      }
      await worker.drain()
      assert.deepEqual(await rows(setup), [])
      assert.equal(seen.length, 4)
      for (const { headers, body } of seen) {
        const { poolId, username, trigger, text } = message
        assert.deepEqual(body, { id: queued?.id, to: '+15551234444', text, poolId, username, trigger })
        assert.equal(headers.authorization, 'Bearer bearer-of-sms')
        assert.equal(headers['idempotency-key'], queued?.id)
        assert.equal(headers['content-type'], 'application/json')
      }
      assert.doesNotMatch(JSON.stringify(setup.log), secrets)
    })

    it('loses no message when it hangs, answers without end or closes the connection', async () => {
      await using setup = await openMessagingSetup(engine)
      const faults: ((response: ServerResponse) => void)[] = [
        () => undefined,
        (response) => void response.writeHead(200).write('x'.repeat(70_000)),
        (response) => void response.destroy(),
      ]
      await using gateway = await startGateway((_request, response) => faults.shift()?.(response))
      await using worker = startWorker(setup, gateway.url, 200)
      await queueText(setup)
      for (const error of [/no answer within 200 ms/, /more than 65536 bytes/, /ECONNRESET/]) {
        await worker.drain()
        assert.match((await rows(setup))[0]?.last_error ?? '', error)
        setup.clock.advance(60_000)
      }
      assert.doesNotMatch(JSON.stringify(setup.log), secrets)
    })

    it('gets a rejected message five times in all; then the message has failed', async () => {
      await using setup = await openMessagingSetup(engine)
      let attempts = 0
      await using gateway = await startGateway((_request, response) => {
        attempts++
        response.writeHead(422).end()
      })
      await using worker = startWorker(setup, gateway.url)
      await queueText(setup)
      for (let attempt = 0; attempt < 8; attempt++) {
        await worker.drain()
        setup.clock.advance(60_000)
      }
      assert.equal(attempts, 5)
      assert.deepEqual(
        (await rows(setup)).map(({ state, next_attempt_at }) => [state, next_attempt_at]),
        [['failed', null]],
      )
    })
  })
}
