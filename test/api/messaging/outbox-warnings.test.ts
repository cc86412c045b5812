import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeliveryError } from '../../../src/messaging/gateways/gateway.ts'
import { createUnconfiguredGateway } from '../../../src/messaging/gateways/unconfigured-gateway.ts'
import { createOutboxWorker } from '../../../src/messaging/outbox-worker.ts'
import { engines } from '../../support/engines.ts'
import { emailMessage, openRoom, queue, queueText } from './messaging-setup.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

for (const engine of engines) {
  describe(`What the log says of messages that cannot be sent, on ${engine.name}`, () => {
    it('warns once a minute of messages that fail for one reason, and of another reason at once', async () => {
      await using room = await openRoom(engine)
      const unconfigured = createUnconfiguredGateway('--smtp-url')
      const failing = { deliver: () => Promise.reject(new DeliveryError('out of order')) }
      const gateways = { email: unconfigured, sms: failing }
      const worker = createOutboxWorker({ ...room, gateways, pollMs: 24 * hourMs, graceMs: 0 })
      const warnings = () =>
        room.log.filter(({ level }) => level === 'warn').map(({ fields }) => fields as { channel: string; messages: number })
      for (const sub of ['ana', 'bo', 'cy']) {
        await queue(room, emailMessage({ sub }))
        await worker.drain()
      }
      assert.deepEqual(
        warnings().map(({ channel, messages }) => [channel, messages]),
        [['email', 1]],
      )
      await queueText(room)
      await worker.drain()
      assert.deepEqual(
        warnings().map(({ channel }) => channel),
        ['email', 'sms'],
      )

      room.clock.advance(minuteMs)
      await queue(room, emailMessage({ sub: 'ed', expiresAt: room.clock.now() + hourMs }))
      await worker.drain()
      assert.deepEqual(
        warnings().map(({ channel, messages }) => [channel, messages]),
        [
          ['email', 1],
          ['sms', 1],
          ['email', 3],
        ],
      )
      await worker.close()
    })
  })
}
