import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { consumeState, sweepConsumedStates } from '../../src/storage/consumed-state-repository.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

const hour = 3_600_000

for (const engine of engines) {
  describe(`a consumed state on ${engine.name}`, () => {
    it('cannot be consumed again, even with another expiry', async () => {
      await using storage = await openTestStorage(engine)
      assert.equal(await consumeState(storage.db, 'a', 1000), true)
      assert.equal(await consumeState(storage.db, 'a', 1000), false)
      assert.equal(await consumeState(storage.db, 'a', 2000), false)
      assert.equal(await consumeState(storage.db, 'b', 1000), true)
    })

    it('is consumed by exactly one of many concurrent callers, inside and outside transactions', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const won = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          i % 2 === 0 ? consumeState(db, 'a', 1000) : db.transaction().execute((tx) => consumeState(tx, 'a', 1000)),
        ),
      )
      assert.equal(won.filter((spent) => spent).length, 1)
    })

    it('can be consumed again after the transaction that consumed it was rolled back', async () => {
      await using storage = await openTestStorage(engine)
      const failing = storage.db.transaction().execute(async (tx) => {
        await consumeState(tx, 'a', 1000)
        throw new RangeError('no')
      })
      await assert.rejects(failing, RangeError)
      assert.equal(await consumeState(storage.db, 'a', 1000), true)
    })

    it('is deleted only some time after its expiry, in batches that begin with the oldest', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      for (let i = 1; i <= 5; i++) await consumeState(db, `${i}`, i * hour)
      assert.equal(await sweepConsumedStates(db, 4 * hour + 1, 2), 2)
      assert.equal(await sweepConsumedStates(db, 4 * hour + 1, 2), 1)
      assert.equal(await sweepConsumedStates(db, 4 * hour + 1, 2), 0)
      const kept = await db.selectFrom('spent_state').select('id').orderBy('id').execute()
      assert.deepEqual(
        kept.map(({ id }) => id),
        ['4', '5'],
      )
    })
  })
}
