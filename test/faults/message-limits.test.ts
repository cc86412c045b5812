import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sweepMessageCounts } from '../../src/messaging/message-count-repository.ts'
import { findExceededLimit } from '../../src/messaging/message-limits.ts'
import { noExtensions, type PoolExtensions } from '../../src/pools/extensions/pool-extensions.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { type MessagingSetup, openMessagingSetup, testPool } from '../api/messaging/messaging-setup.ts'
import { engines } from '../support/engines.ts'
import { createTestClock } from '../support/test-clock.ts'

const hourMs = 3_600_000
const poolWith = (limits: Partial<PoolExtensions['messages']>) =>
  testPool({ extensions: { ...noExtensions, messages: { ...noExtensions.messages, ...limits } } })

const counts = (setup: MessagingSetup) => setup.db.selectFrom('message_count').selectAll().execute()

for (const engine of engines) {
  describe(`Limits of messages on ${engine.name}`, () => {
    it('store nothing in pools without limits', async () => {
      await using setup = await openMessagingSetup(engine)
      const message = { channel: 'email', recipient: 'ana@example.test', now: 0 } as const
      assert.equal(await setup.commit((tx) => findExceededLimit(tx, setup.secrets, testPool(), message)), undefined)
      assert.deepEqual(await counts(setup), [])
    })

    it('store no readable recipient, and are deleted by the sweeper when their window has ended', async () => {
      await using setup = await openMessagingSetup(engine)
      const pool = poolWith({ maxPerDay: 5, maxPerRecipientPerHour: 5 })
      const now = createTestClock().now()
      for (const recipient of ['ana@example.test', '+15551234444'])
        await setup.commit((tx) => findExceededLimit(tx, setup.secrets, pool, { channel: 'email', recipient, now }))
      const stored = await counts(setup)
      assert.equal(stored.length, 3)
      assert.doesNotMatch(JSON.stringify(stored), /ana|example|15551234444/)
      assert.equal(await sweepMessageCounts(setup.db, now + hourMs - 1, 10), 0)
      assert.equal(await sweepMessageCounts(setup.db, now + hourMs, 10), 2)
      assert.deepEqual(
        (await counts(setup)).map(({ key, count }) => [key, count]),
        [['day', 2]],
      )
    })

    it('are exact across processes, even with transactions that count two messages', async () => {
      await using setup = await openMessagingSetup(engine)
      const others = await Promise.all([openStorage({ url: setup.url }), openStorage({ url: setup.url })])
      const pool = poolWith({ maxPerDay: 30, maxPerRecipientPerHour: 4 })
      const recipients = Array.from({ length: 10 }, (_, at) => `user${at}@example.test`)
      const now = createTestClock().now()
      const countTwo = (db: MessagingSetup['db'], at: number) =>
        db.transaction().execute(async (tx) => {
          const first = { channel: 'email', recipient: recipients[at % 10] ?? '', now } as const
          const second = { channel: 'sms', recipient: recipients[(at * 7 + 3) % 10] ?? '', now } as const
          return [await findExceededLimit(tx, setup.secrets, pool, first), await findExceededLimit(tx, setup.secrets, pool, second)]
        })
      const processes = [setup.db, ...others.map(({ db }) => db)]
      const results = Array.from({ length: 60 }, (_, at) => countTwo(processes[at % 3] ?? setup.db, at))
      const answers = (await Promise.all(results)).flat()
      assert.equal(answers.filter((exceeded) => exceeded === undefined).length, 30)
      for (const { key, count } of await counts(setup)) assert.ok(key === 'day' ? count === 30 : count <= 4, `${key} ${count}`)
      for (const other of others) await other.close()
    })
  })
}
