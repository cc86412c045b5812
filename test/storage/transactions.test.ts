import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Db, Tx } from '../../src/storage/db.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

function put(db: Db | Tx, name: string, value = 'v') {
  return db.insertInto('installation').values({ name, value }).execute()
}

async function names(db: Db | Tx): Promise<string[]> {
  const rows = await db.selectFrom('installation').select('name').orderBy('name').execute()
  return rows.map(({ name }) => name)
}

class Change extends Error {}

for (const engine of engines) {
  describe(`transactions on ${engine.name}`, () => {
    it('make their rows visible to other statements as soon as their promise resolves', async () => {
      await using storage = await openTestStorage(engine)
      const answer = await storage.db.transaction().execute(async (tx) => {
        await put(tx, 'a')
        await put(tx, 'b')
        return names(tx)
      })
      assert.deepEqual(answer, ['a', 'b'])
      assert.deepEqual(await names(storage.db), ['a', 'b'])
      await put(storage.db, 'c')
      assert.deepEqual(await names(storage.db), ['a', 'b', 'c'])
    })

    it('hide uncommitted rows from statements outside the transaction', async () => {
      await using storage = await openTestStorage(engine)
      await storage.db.transaction().execute(async (tx) => {
        await put(tx, 'a')
        assert.deepEqual(await names(tx), ['a'])
        // Only a test may do this: modules never use the outer database inside a transaction.
        assert.deepEqual(await names(storage.db), [])
      })
    })

    it('are rolled back when the callback throws, and reject with its error', async () => {
      await using storage = await openTestStorage(engine)
      const failing = storage.db.transaction().execute(async (tx) => {
        await put(tx, 'a')
        throw new Change('of mind')
      })
      await assert.rejects(failing, Change)
      assert.deepEqual(await names(storage.db), [])
    })

    it('are each stored whole or not at all when many run at once', async () => {
      await using storage = await openTestStorage(engine)
      const outcomes = await Promise.allSettled(
        Array.from({ length: 60 }, (_, i) =>
          storage.db.transaction().execute(async (tx) => {
            await put(tx, `${i} first`)
            await put(tx, `${i} second`)
            if (i % 3 === 0) throw new Change('of mind')
          }),
        ),
      )
      const kept = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [`${i} first`, `${i} second`] : []))
      assert.equal(kept.length, 80)
      assert.deepEqual(await names(storage.db), kept.sort())
    })

    it('let exactly one of many concurrent guarded updates succeed', async () => {
      await using storage = await openTestStorage(engine)
      await put(storage.db, 'code', 'unspent')
      const spend = (db: Db | Tx) =>
        db
          .updateTable('installation')
          .set({ value: 'spent' })
          .where('name', '=', 'code')
          .where('value', '=', 'unspent')
          .executeTakeFirstOrThrow()
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? spend(storage.db) : storage.db.transaction().execute(spend))),
      )
      assert.equal(results.filter(({ numUpdatedRows }) => numUpdatedRows === 1n).length, 1)
      assert.equal(results.filter(({ numUpdatedRows }) => numUpdatedRows === 0n).length, 19)
    })

    it('cannot continue after a failed statement, even if the error was caught', async () => {
      await using storage = await openTestStorage(engine)
      await put(storage.db, 'taken')
      const failing = storage.db.transaction().execute(async (tx) => {
        await put(tx, 'a')
        await assert.rejects(put(tx, 'taken'))
        await assert.rejects(put(tx, 'b'))
      })
      await assert.rejects(failing)
      assert.deepEqual(await names(storage.db), ['taken'])
    })

    it('are committed even if statements of other transactions at the same time fail', async () => {
      await using storage = await openTestStorage(engine)
      await put(storage.db, 'taken')
      const outcomes = await Promise.allSettled([
        put(storage.db, 'a'),
        put(storage.db, 'taken'),
        storage.db.transaction().execute((tx) => put(tx, 'b')),
        storage.db.transaction().execute((tx) => put(tx, 'taken')),
        put(storage.db, 'c'),
      ])
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
      )
      assert.deepEqual(await names(storage.db), ['a', 'b', 'c', 'taken'])
    })

    it('reject statements after their end', async () => {
      await using storage = await openTestStorage(engine)
      const leaked = await storage.db.transaction().execute(async (tx) => ({ tx }))
      await assert.rejects(put(leaked.tx, 'late'), /already committed/)
    })

    it('reject with errors that contain no row values', async () => {
      await using storage = await openTestStorage(engine)
      await put(storage.db, 'ana@example.test')
      const error = (await put(storage.db, 'ana@example.test').catch((reason) => reason)) as Error
      assert.ok(error instanceof Error)
      assert.doesNotMatch(JSON.stringify({ ...error, message: error.message, stack: error.stack }), /ana@/)
    })
  })
}
