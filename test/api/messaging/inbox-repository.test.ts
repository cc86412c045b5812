import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newOrderedId } from '../../../src/base/ordered-id.ts'
import { createInboxGateway } from '../../../src/messaging/gateways/inbox-gateway.ts'
import { type InboxFilter, insertInboxMessage, listInboxMessages, tallyInbox, trimInbox } from '../../../src/messaging/inbox-repository.ts'
import { engines } from '../../support/engines.ts'
import { emailMessage, type MessagingSetup, openMessagingSetup, smsMessage } from './messaging-setup.ts'

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

    it('finds messages by the whole recipient, by pool and by channel, and continues a list after a given message', async () => {
      await using setup = await openMessagingSetup(engine)
      const ana = await receive(setup)
      const joana = await receive(setup, { recipient: 'joana@example.test' })
      const other = await receive(setup, { poolId: 'us-east-1_OtherPool' })
      const text = newOrderedId(setup.clock.now())
      await insertInboxMessage(setup.db, { id: text, createdAt: setup.clock.now(), message: smsMessage() })
      const find = async (filter: InboxFilter, limit = 10) => idsOf(await listInboxMessages(setup.db, filter, limit))
      assert.deepEqual(await find({ recipient: 'ana@example.test' }), [other, ana])
      assert.deepEqual(await find({ recipient: 'ana@example.test', poolId: 'us-east-1_OtherPool' }), [other])
      assert.deepEqual(await find({ channel: 'sms' }), [text])
      assert.deepEqual(await find({ channel: 'email', before: other }), [joana, ana])
      assert.deepEqual(await find({ before: text }, 2), [other, joana])
    })

    it('counts the messages of each pool and channel, without those of deleted pools', async () => {
      await using setup = await openMessagingSetup(engine)
      const [oldest = '', , newest = ''] = [await receive(setup), await receive(setup), await receive(setup)]
      const other = await receive(setup, { poolId: 'us-east-1_OtherPool' })
      await receive(setup, { poolId: 'us-east-1_Deleted' })
      const times = { created_at: 0, updated_at: 0, deleted_at: 0, due_at: 0 }
      await setup.db
        .insertInto('deleted_pool')
        .values({ id: 'us-east-1_Deleted', name: 'deleted', config: '{}', ...times })
        .execute()
      assert.deepEqual(await tallyInbox(setup.db), [
        { poolId: 'us-east-1_Messages1', channel: 'email', count: 3, oldest, newest },
        { poolId: 'us-east-1_OtherPool', channel: 'email', count: 1, oldest: other, newest: other },
      ])
    })

    it('shows a repeated delivery once', async () => {
      await using setup = await openMessagingSetup(engine)
      const gateway = createInboxGateway(setup.db)
      const outgoing = { id: newOrderedId(setup.clock.now()), queuedAt: setup.clock.now(), message: emailMessage() }
      for (let i = 0; i < 2; i++) await gateway.deliver(outgoing, new AbortController().signal)
      assert.equal((await listInboxMessages(setup.db, {}, 10)).length, 1)
    })

    it('keeps only as many of the newest messages as a call of trimInbox allows', async () => {
      await using setup = await openMessagingSetup(engine)
      const ids: string[] = []
      for (let i = 0; i < 5; i++) ids.push(await receive(setup))
      await trimInbox(setup.db, 5)
      assert.equal((await listInboxMessages(setup.db, {}, 10)).length, 5)
      await trimInbox(setup.db, 2)
      assert.deepEqual(idsOf(await listInboxMessages(setup.db, {}, 10)), [ids[4], ids[3]])
    })

    it('deletes its oldest messages while new ones arrive', async () => {
      await using setup = await openMessagingSetup(engine)
      const gateway = createInboxGateway(setup.db, { keep: 10 })
      const { signal } = new AbortController()
      for (let i = 0; i < 256; i++)
        await gateway.deliver({ id: newOrderedId(setup.clock.now()), queuedAt: 0, message: emailMessage() }, signal)
      assert.equal((await listInboxMessages(setup.db, {}, 1000)).length, 10)
    })
  })
}
