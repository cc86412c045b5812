import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeliveryError } from '../../../src/messaging/gateways/gateway.ts'
import { createUnconfiguredGateway } from '../../../src/messaging/gateways/unconfigured-gateway.ts'
import { createOutboxWorker } from '../../../src/messaging/outbox-worker.ts'
import { engines } from '../../support/engines.ts'
import { emailMessage, openMessagingSetup, queue, queueText } from './messaging-setup.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

for (const engine of engines) {
  describe(`The log about messages that cannot be sent, on ${engine.name}`, () => {
    it('warns once a minute about messages that fail for one reason, and immediately about another reason', async () => {
      await using setup = await openMessagingSetup(engine)
      const unreachable = { deliver: () => Promise.reject(new DeliveryError('no connection')) }
      const failing = { deliver: () => Promise.reject(new DeliveryError('out of order')) }
      const gateways = { email: unreachable, sms: failing }
      const worker = createOutboxWorker({ ...setup, gateways, pollMs: 24 * hourMs, graceMs: 0 })
      const warnings = () =>
        setup.log.filter(({ level }) => level === 'warn').map(({ fields }) => fields as { channel: string; messages: number })
      for (const sub of ['ana', 'bo', 'cy']) {
        await queue(setup, emailMessage({ sub }))
        await worker.drain()
      }
      assert.deepEqual(
        warnings().map(({ channel, messages }) => [channel, messages]),
        [['email', 1]],
      )
      await queueText(setup)
      await worker.drain()
      assert.deepEqual(
        warnings().map(({ channel }) => channel),
        ['email', 'sms'],
      )

      setup.clock.advance(minuteMs)
      await queue(setup, emailMessage({ sub: 'ed', expiresAt: setup.clock.now() + hourMs }))
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

    it('warns about no message for which no gateway is set', async () => {
      await using setup = await openMessagingSetup(engine)
      const unconfigured = createUnconfiguredGateway('--smtp-url')
      const gateways = { email: unconfigured, sms: unconfigured }
      const worker = createOutboxWorker({ ...setup, gateways, pollMs: 24 * hourMs, graceMs: 0 })
      await queue(setup, emailMessage({ sub: 'ana' }))
      await worker.drain()
      setup.clock.advance(2 * 24 * hourMs)
      await worker.drain()
      const seen = setup.log.map(({ level, fields }) => [level, (fields as { reason: string }).reason])
      assert.deepEqual(seen, [
        ['info', 'no gateway: set --smtp-url'],
        ['info', 'no gateway: set --smtp-url'],
      ])
      await worker.close()
    })

    it('logs a message that is given up as an error once a minute for each reason', async () => {
      await using setup = await openMessagingSetup(engine)
      const refusing = { deliver: () => Promise.reject(new DeliveryError('mailbox unknown', { refused: true })) }
      const worker = createOutboxWorker({ ...setup, gateways: { email: refusing, sms: refusing }, pollMs: 24 * hourMs, graceMs: 0 })
      for (const sub of ['ana', 'bo', 'cy']) await queue(setup, emailMessage({ sub }))
      for (let round = 0; round < 20; round++) {
        await worker.drain()
        setup.clock.advance(hourMs)
      }
      const levels = setup.log.filter(({ message }) => message.includes('given up')).map(({ level }) => level)
      assert.deepEqual(levels.toSorted(), ['error', 'info', 'info'])
      await worker.close()
    })
  })
}
