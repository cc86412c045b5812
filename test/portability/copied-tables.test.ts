import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { copiedTables } from '../../src/portability/copied-tables.ts'
import type { Db } from '../../src/storage/db.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

/** The columns of a table's primary key, in their order, as the engine knows them. */
const primaryKeys = {
  sqlite: (table: string) => sql<{ name: string }>`select name from pragma_table_info(${table}) where pk > 0 order by pk`,
  postgres: (table: string) => sql<{ name: string }>`
    select a.attname as name from pg_index i
    cross join lateral unnest(i.indkey) with ordinality as k (number, position)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
    where i.indrelid = ${table}::regclass and i.indisprimary order by k.position`,
}

async function keysOf(db: Db, engine: keyof typeof primaryKeys): Promise<Record<string, readonly string[]>> {
  const tables = (await db.introspection.getTables()).map(({ name }) => name).filter((name) => name !== 'schema_migration')
  const quoted = (name: string) => (engine === 'postgres' ? `"${name}"` : name)
  const keys = tables.map(async (name) => [name, (await primaryKeys[engine](quoted(name)).execute(db)).rows.map((row) => row.name)])
  return Object.fromEntries(await Promise.all(keys))
}

for (const engine of engines) {
  describe(`The tables of a backup on ${engine.name}`, () => {
    it('are all tables of the database, with their primary keys', async () => {
      await using storage = await openTestStorage(engine)
      const listed = Object.fromEntries(Object.entries(copiedTables).map(([table, { key }]) => [table, key]))
      assert.deepEqual(listed, await keysOf(storage.db, storage.engine))
    })

    it('have their pool in the column that says so, and no other table has such a column', async () => {
      await using storage = await openTestStorage(engine)
      for (const { name, columns } of await storage.db.introspection.getTables()) {
        if (name === 'schema_migration') continue
        const { poolColumn } = copiedTables[name as keyof typeof copiedTables]
        const expected = columns.some((column) => column.name === 'pool_id')
          ? 'pool_id'
          : /^(user|deleted)_pool$/.test(name)
            ? 'id'
            : undefined
        assert.equal(poolColumn, expected, name)
      }
    })
  })
}
