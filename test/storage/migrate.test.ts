import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { openStorage } from '../../src/storage/open-storage.ts'
import { StorageError } from '../../src/storage/storage-error.ts'
import { engines } from '../support/engines.ts'
import { emptyDatabase, migrationNames } from '../support/older-schema.ts'
import { openTestStorage } from '../support/test-storage.ts'

type Record = { schema_migration: { name: string; applied_at: number } }

for (const engine of engines) {
  describe(`migrations on ${engine.name}`, () => {
    it('are applied once, in order, when ten storages migrate the same database at once', async () => {
      await using database = await emptyDatabase(engine)
      const storages = await Promise.all(Array.from({ length: 10 }, () => openStorage({ url: database.url, poolSize: 2 })))
      await Promise.all(storages.map((storage) => storage.migrate()))
      const record = storages[0]?.db as unknown as Kysely<Record>
      const applied = await record.selectFrom('schema_migration').selectAll().orderBy('name').execute()
      await Promise.all(storages.map((storage) => storage.close()))

      assert.deepEqual(
        applied.map(({ name }) => name),
        migrationNames,
      )
      for (const { applied_at } of applied) assert.ok(Math.abs(Date.now() - applied_at) < 60_000)
    })

    it('keep existing rows when they run again', async () => {
      await using storage = await openTestStorage(engine)
      await storage.db.insertInto('installation').values({ name: 'a', value: 'v' }).execute()
      await storage.migrate()
      assert.deepEqual(await storage.db.selectFrom('installation').selectAll().execute(), [{ name: 'a', value: 'v' }])
    })

    it('of a newer release make an older program fail', async () => {
      await using storage = await openTestStorage(engine)
      const record = storage.db as unknown as Kysely<Record>
      await record.insertInto('schema_migration').values({ name: '9999-future', applied_at: 0 }).execute()
      await assert.rejects(storage.migrate(), (error: unknown) => {
        assert.ok(error instanceof StorageError)
        assert.match(error.message, /newer Lifeguard \(9999-future\)/)
        return true
      })
    })

    it('leave no table behind when one of them fails', async () => {
      await using database = await emptyDatabase(engine)
      const storage = await openStorage({ url: database.url })
      // Conflicts with the second-last table that the first migration creates. So the migration fails after it has created other tables.
      await sql`create table lease (x integer)`.execute(storage.db)
      await assert.rejects(storage.migrate(), /lease/)
      await assert.rejects(storage.db.selectFrom('user').selectAll().execute(), /user/)
      await sql`drop table lease`.execute(storage.db)
      await storage.migrate()
      assert.deepEqual(await storage.db.selectFrom('user').selectAll().execute(), [])
      await storage.close()
    })
  })
}

describe('migrations', () => {
  it('have names that sort in the order in which they are applied', () => {
    assert.deepEqual([...migrationNames].sort(), migrationNames)
    for (const name of migrationNames) assert.match(name, /^\d{4}-[a-z-]+$/)
  })
})
