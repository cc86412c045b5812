import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { openStorage } from '../../src/storage/open-storage.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

/** Collects notifications, and lets a test wait for them. */
function createListener() {
  const target = new EventTarget()
  const received: string[] = []
  return {
    received,
    listener: (payload: string) => {
      received.push(payload)
      target.dispatchEvent(new Event('received'))
    },
    async until(count: number) {
      while (received.length < count) await once(target, 'received')
    },
  }
}

for (const engine of engines) {
  describe(`publish and subscribe on ${engine.name}`, () => {
    it('notifies only the subscribers of the channel, until they unsubscribe', async () => {
      await using storage = await openTestStorage(engine)
      const [pools, keys, left] = [createListener(), createListener(), createListener()]
      storage.subscribe('pools', pools.listener)
      storage.subscribe('keys', keys.listener)
      storage.subscribe('pools', left.listener)()

      await storage.publish('pools', 'eu-west-1_a b')
      await storage.publish('keys', '')
      await pools.until(1)
      await keys.until(1)

      assert.deepEqual([pools.received, keys.received, left.received], [['eu-west-1_a b'], [''], []])
    })

    it('rejects a channel with a space, and a payload that is too long for PostgreSQL', async () => {
      await using storage = await openTestStorage(engine)
      assert.throws(() => storage.subscribe('a b', () => undefined), RangeError)
      await assert.rejects(storage.publish('a b', ''), RangeError)
      await assert.rejects(storage.publish('a', 'ä'.repeat(4000)), RangeError)
    })
  })
}

const postgres = engines.find(({ name }) => name === 'postgres')

describe('LISTEN and NOTIFY', { skip: postgres === undefined && 'SQLite cannot notify other processes' }, () => {
  it('notifies other processes that share the database', async () => {
    assert.ok(postgres)
    await using one = await openTestStorage(postgres)
    const other = await openStorage({ url: one.url })
    const { received, listener, until } = createListener()
    other.subscribe('pools', listener)
    await one.publish('pools', 'x')
    await until(1)
    await other.close()
    assert.deepEqual(received, ['x'])
  })

  it('listens again after the server has terminated every connection', async () => {
    assert.ok(postgres)
    await using storage = await openTestStorage(postgres)
    const other = await openStorage({ url: storage.url })
    const { listener, until } = createListener()
    storage.subscribe('pools', listener)
    const cut = sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
    await cut.execute(other.db)

    // Until the new connection is open, every notification is lost. Nothing announces that moment, so the test notifies again and again.
    const timer = setInterval(() => void other.publish('pools', 'x'), 20)
    await until(1)
    clearInterval(timer)
    await other.close()
    await storage.ping()
  })
})
