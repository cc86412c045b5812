import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CustomSenderMessage } from '../../../src/messaging/message.ts'
import { queueMessage } from '../../../src/messaging/outbox.ts'
import { createOutboxWorker } from '../../../src/messaging/outbox-worker.ts'
import { engines } from '../../support/engines.ts'
import { emailMessage, openMessagingSetup } from './messaging-setup.ts'

const { subject: _subject, html: _html, text: _text, from: _from, replyTo: _replyTo, ...envelope } = emailMessage()
const handedOver: CustomSenderMessage = {
  ...envelope,
  channel: 'custom-email',
  clientId: undefined,
  clientMetadata: undefined,
  userAgent: undefined,
  userAttributes: {},
}

for (const engine of engines) {
  describe(`The lane of custom senders on ${engine.name}`, () => {
    it('is separate: custom senders that never answer do not delay the messages of the e-mail gateway', async () => {
      await using setup = await openMessagingSetup(engine)
      const allInvoked = Promise.withResolvers<void>()
      const mailed = Promise.withResolvers<string>()
      let waiting = 0
      const never = () => {
        if (++waiting === 8) allInvoked.resolve()
        return new Promise<void>(() => undefined)
      }
      const mail = async ({ message }: { message: { recipient: string } }) => mailed.resolve(message.recipient)
      const gateways = { email: { deliver: mail }, sms: { deliver: mail } }
      const worker = createOutboxWorker({ ...setup, gateways, customSender: { deliver: never }, graceMs: 0 })
      for (let number = 0; number < 8; number++) {
        await setup.commit((tx) =>
          queueMessage(tx, setup.secrets, { message: { ...handedOver, sub: `sub-${number}` }, now: setup.clock.now() }),
        )
      }
      worker.wake()
      await allInvoked.promise
      await setup.commit((tx) => queueMessage(tx, setup.secrets, { message: emailMessage(), now: setup.clock.now() }))
      worker.wake()
      assert.equal(await mailed.promise, 'ana@example.test')
      await worker.close()
    })
  })
}
