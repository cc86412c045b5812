import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newOrderedId } from '../../../src/base/ordered-id.ts'
import { createInboxGateway } from '../../../src/messaging/gateways/inbox-gateway.ts'
import { insertInboxMessage, listInboxMessages, trimInbox } from '../../../src/messaging/inbox-repository.ts'
import { engines } from '../../support/engines.ts'
import { emailMessage, type MessagingSetup, openMessagingSetup } from './messaging-setup.ts'

async function receive(setup: MessagingSetup, changes: Parameters<typeof emailMessage>[0] = {}): Promise<string> {
  const id = newOrderedId(setup.clock.now())
  await insertInboxMessage(setup.db, { id, createdAt: setup.clock.now(), message: emailMessage(changes) })
  return id
}

const idsOf = (messages: readonly { id: string }[]) => messages.map(({ id }) => id)

describe('Message ids', () => {
  it('increase within a millisecond, beyond the end of the counter, and when the clock is set back', () => {
    const ids = Array.from({ length: 10_000 }, (_, at) => newOrderedId(at < 9_000 ? 2_000_000_000_000 : 1_999_999_999_000))
    assert.deepEqual(ids, ids.toSorted())
    assert.equal(new Set(ids).size, ids.length)
    for (const id of ids) assert.match(id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })
})

for (const engine of engines) {
  describe(`The inbox on ${engine.name}`, () => {
    it('lists messages up to the limit, newest first', async () => {
      await using setup = await openMessagingSetup(engine)
      const ids = [await receive(setup), await receive(setup), await receive(setup)]
      assert.deepEqual(idsOf(await listInboxMessages(setup.db, {}, 10)), ids.toReversed())
      assert.deepEqual(idsOf(await listInboxMessages(setup.db, {}, 1)), [ids[2]])
    })

    it('finds messages by the whole recipient, by a part of it, and by pool', async () => {
      await using setup = await openMessagingSetup(engine)
      const ana = await receive(setup)
      const joana = await receive(setup, { recipient: 'Joana@example.test' })
      const other = await receive(setup, { poolId: 'us-east-1_OtherPool' })
      const percent = await receive(setup, { recipient: '100%_\\@example.test' })
      const find = async (filter: object) => idsOf(await listInboxMessages(setup.db, filter, 10))
      assert.deepEqual(await find({ recipient: 'ana@example.test' }), [other, ana])
      assert.deepEqual(await find({ recipientPart: 'OANA@' }), [joana])
      assert.deepEqual(await find({ recipientPart: '%_\\' }), [percent])
      assert.deepEqual(await find({ recipientPart: '_ana@' }), [])
      assert.deepEqual(await find({ recipient: 'ana@example.test', poolId: 'us-east-1_OtherPool' }), [other])
    })

    it('shows a repeated delivery once', async () => {
      await using setup = await openMessagingSetup(engine)
      const gateway = createInboxGateway(setup.db)
      const outgoing = { id: newOrderedId(setup.clock.now()), queuedAt: setup.clock.now(), message: emailMessage() }
      for (let i = 0; i < 2; i++) await gateway.deliver(outgoing, new AbortController().signal)
      assert.equal((await listInboxMessages(setup.db, {}, 10)).length, 1)
    })

    it('keeps only the newest messages', async () => {
      await using setup = await openMessagingSetup(engine)
      const ids: string[] = []
      for (let i = 0; i < 5; i++) ids.push(await receive(setup))
      await trimInbox(setup.db, 5)
      assert.equal((await listInboxMessages(setup.db, {}, 10)).length, 5)
      await trimInbox(setup.db, 2)
      assert.deepEqual(idsOf(await listInboxMessages(setup.db, {}, 10)), [ids[4], ids[3]])
    })

    it('trims itself as messages arrive', async () => {
      await using setup = await openMessagingSetup(engine)
      const gateway = createInboxGateway(setup.db, { keep: 10 })
      const { signal } = new AbortController()
      for (let i = 0; i < 256; i++)
        await gateway.deliver({ id: newOrderedId(setup.clock.now()), queuedAt: 0, message: emailMessage() }, signal)
      assert.equal((await listInboxMessages(setup.db, {}, 1000)).length, 10)
    })
  })
}
