import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { prepareQuery } from '../../src/storage/prepared-query.ts'
import { chosenEngines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

type Fact = { name: string; value: string }

const insertFact = prepareQuery((db, { name, value }: Fact) => db.insertInto('installation').values({ name, value }))
const selectFacts = prepareQuery((db, { value, name }: Fact) =>
  db
    .selectFrom('installation')
    .select('name')
    .where('value', '=', value)
    .where('name', '>=', name)
    .where('name', '!=', 'fixed')
    .orderBy('name'),
)
const fact = (name: string, value: string): Fact => ({ name, value })

for (const engine of chosenEngines()) {
  describe(`A prepared query on ${engine.name}`, () => {
    it('replaces each placeholder with the value of the same name, whatever their order, and keeps constants', async () => {
      await using storage = await openTestStorage(engine)
      for (const name of ['a', 'b', 'c', 'fixed']) await insertFact(storage.db, fact(name, name === 'c' ? 'other' : 'one'))
      const found = await selectFacts(storage.db, fact('a', 'one'))
      assert.deepEqual(found.rows, [{ name: 'a' }, { name: 'b' }])
      assert.deepEqual((await selectFacts(storage.db, fact('b', 'one'))).rows, [{ name: 'b' }])
      assert.deepEqual((await selectFacts(storage.db, fact('a', 'other'))).rows, [{ name: 'c' }])
    })

    it('returns how many rows it wrote', async () => {
      await using storage = await openTestStorage(engine)
      assert.equal((await insertFact(storage.db, fact('a', 'one'))).numAffectedRows, 1n)
    })

    it('runs in the transaction that it is given', async () => {
      await using storage = await openTestStorage(engine)
      const undone = storage.db.transaction().execute(async (tx) => {
        await insertFact(tx, fact('a', 'one'))
        assert.equal((await selectFacts(tx, fact('a', 'one'))).rows.length, 1)
        throw new Error('undo')
      })
      await assert.rejects(undone, /undo/)
      assert.deepEqual((await selectFacts(storage.db, fact('a', 'one'))).rows, [])
    })
  })
}
