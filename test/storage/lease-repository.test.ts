import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { releaseLease, tryLease } from '../../src/storage/lease-repository.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

for (const engine of engines) {
  describe(`leases on ${engine.name}`, () => {
    it('belong to one holder, who may renew them, until they expire', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      assert.equal(await tryLease(db, 'sweeper', 'a', 1000, 500), true)
      assert.equal(await tryLease(db, 'sweeper', 'b', 1499, 500), false)
      assert.equal(await tryLease(db, 'sweeper', 'a', 1400, 500), true)
      assert.equal(await tryLease(db, 'sweeper', 'b', 1899, 500), false)
      assert.equal(await tryLease(db, 'sweeper', 'b', 1900, 500), true)
      assert.equal(await tryLease(db, 'sweeper', 'a', 1900, 500), false)
      assert.equal(await tryLease(db, 'other', 'a', 1900, 500), true)
    })

    it('end when the clock that they were taken by was far ahead', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      assert.equal(await tryLease(db, 'sweeper', 'a', 1_000_000, 500), true)
      // A little ahead, as the clocks of two machines are, is no reason.
      assert.equal(await tryLease(db, 'sweeper', 'b', 999_500, 500), false)
      assert.equal(await tryLease(db, 'sweeper', 'b', 999_499, 500), true)
      assert.equal(await tryLease(db, 'sweeper', 'a', 999_499, 500), false)
    })

    it('go to one of many who try at once', async () => {
      await using storage = await openTestStorage(engine)
      const won = await Promise.all(Array.from({ length: 20 }, (_, i) => tryLease(storage.db, 'sweeper', `${i}`, 1000, 500)))
      assert.equal(won.filter((taken) => taken).length, 1)
    })

    it('are free at once when their holder, and nobody else, releases them', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      await tryLease(db, 'sweeper', 'a', 1000, 500)
      await releaseLease(db, 'sweeper', 'b')
      assert.equal(await tryLease(db, 'sweeper', 'b', 1000, 500), false)
      await releaseLease(db, 'sweeper', 'a')
      assert.equal(await tryLease(db, 'sweeper', 'b', 1000, 500), true)
    })
  })
}
