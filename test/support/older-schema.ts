import type { Kysely } from 'kysely'
import { findColumns } from '../../src/storage/dialect/bulk-rows.ts'
import { schemaDialects } from '../../src/storage/dialect/schema-dialect.ts'
import { migrations } from '../../src/storage/migrations/migrations.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import type { TestEngine } from './engines.ts'

export const migrationNames: readonly string[] = migrations.map(({ name }) => name)

/** The migrations from this one on, in their order. */
export function migrationsFrom(name: string): readonly string[] {
  const at = migrationNames.indexOf(name)
  if (at === -1) throw new Error(`There is no migration ${name}.`)
  return migrationNames.slice(at)
}

type Record = { schema_migration: { name: string; applied_at: number } }

/** A database without any table. It is dropped at the end of the block that declares it by `await using`. */
export async function emptyDatabase(engine: TestEngine) {
  const database = await engine.createDatabase({ empty: true })
  return { ...database, [Symbol.asyncDispose]: database.drop }
}

/** A database as an older release leaves it, which knows all migrations but the last `missing` ones. */
export async function databaseOfOlderRelease(engine: TestEngine, missing: number) {
  const database = await emptyDatabase(engine)
  const storage = await openStorage({ url: database.url })
  const db = storage.db as unknown as Kysely<Record>
  await db.schema.createTable('schema_migration').addColumn('name', 'text').addColumn('applied_at', 'bigint').execute()
  for (const { name, up } of migrations.slice(0, -missing)) {
    await db.transaction().execute((tx) => up(tx as unknown as Kysely<never>, schemaDialects[storage.engine]))
    await db.insertInto('schema_migration').values({ name, applied_at: 0 }).execute()
  }
  await storage.close()
  return database
}

/** The columns of each table in a database of an older release, whose last migration is this one. */
export async function schemaColumnsOf(engine: TestEngine, migration: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  await using database = await databaseOfOlderRelease(engine, migrationsFrom(migration).length - 1)
  const storage = await openStorage({ url: database.url })
  try {
    return await findColumns(storage.db)
  } finally {
    await storage.close()
  }
}

/** The names in the table of migrations. */
export function appliedMigrations(url: string): Promise<readonly string[]> {
  return withMigrationTable(url, async (db) => {
    const rows = await db.selectFrom('schema_migration').select('name').orderBy('name').execute()
    return rows.map(({ name }) => name)
  })
}

/** Makes the database look as if a newer release had migrated it. */
export function markAsNewer(url: string): Promise<unknown> {
  return withMigrationTable(url, (db) => db.insertInto('schema_migration').values({ name: '9999-future', applied_at: 0 }).execute())
}

async function withMigrationTable<T>(url: string, work: (db: Kysely<Record>) => Promise<T>): Promise<T> {
  const storage = await openStorage({ url })
  try {
    return await work(storage.db as unknown as Kysely<Record>)
  } finally {
    await storage.close()
  }
}
