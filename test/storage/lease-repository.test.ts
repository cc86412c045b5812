import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { releaseLease, tryLease } from '../../src/storage/lease-repository.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

const sweeperOfA = { name: 'sweeper', holder: 'a' }
const sweeperOfB = { name: 'sweeper', holder: 'b' }

for (const engine of engines) {
  describe(`a lease on ${engine.name}`, () => {
    it('belongs to one holder, who may renew it, until it expires', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      assert.equal(await tryLease(db, sweeperOfA, 1000, 500), true)
      assert.equal(await tryLease(db, sweeperOfB, 1499, 500), false)
      assert.equal(await tryLease(db, sweeperOfA, 1400, 500), true)
      assert.equal(await tryLease(db, sweeperOfB, 1899, 500), false)
      assert.equal(await tryLease(db, sweeperOfB, 1900, 500), true)
      assert.equal(await tryLease(db, sweeperOfA, 1900, 500), false)
      assert.equal(await tryLease(db, { name: 'other', holder: 'a' }, 1900, 500), true)
    })

    it('counts as free when its end is so far away that the clock of its holder must have been far ahead', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      assert.equal(await tryLease(db, sweeperOfA, 1_000_000, 500), true)
      // The clocks of two machines differ a little. Such a difference does not free a lease.
      assert.equal(await tryLease(db, sweeperOfB, 999_500, 500), false)
      assert.equal(await tryLease(db, sweeperOfB, 999_499, 500), true)
      assert.equal(await tryLease(db, sweeperOfA, 999_499, 500), false)
    })

    it('goes to exactly one of 20 holders who try at once', async () => {
      await using storage = await openTestStorage(engine)
      const won = await Promise.all(
        Array.from({ length: 20 }, (_, i) => tryLease(storage.db, { name: 'sweeper', holder: `${i}` }, 1000, 500)),
      )
      assert.equal(won.filter((taken) => taken).length, 1)
    })

    it('is free at once when its holder releases it, and stays taken when another process tries to release it', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      await tryLease(db, sweeperOfA, 1000, 500)
      await releaseLease(db, sweeperOfB)
      assert.equal(await tryLease(db, sweeperOfB, 1000, 500), false)
      await releaseLease(db, sweeperOfA)
      assert.equal(await tryLease(db, sweeperOfB, 1000, 500), true)
    })
  })
}
