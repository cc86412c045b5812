import { type Kysely, sql, type Transaction } from 'kysely'
import type { Db } from './db.ts'
import type { Engine, StorageLogger } from './dialect/backend.ts'
import { schemaDialects } from './dialect/schema-dialect.ts'
import type { Migration } from './migrations/migration.ts'
import { migrations } from './migrations/migrations.ts'
import { StorageError } from './storage-error.ts'

interface MigrationSchema {
  schema_migration: { name: string; applied_at: number }
}

export type MigrateOptions = {
  /** How long to retry while other transactions, such as a backup, lock a table that a migration changes. Default: 600. */
  readonly lockSeconds?: number
  /** Called before each retry, with a sentence about the other transactions. Default: a line of the log. */
  readonly onBlocked?: (message: string) => void
  /** The name of the last migration to apply. Default: all. */
  readonly upTo?: string
}

/**
 * Applies the missing migrations in one transaction under a lock. If several processes start at once, one of them does the work and the
 * others find it done.
 *
 * A process of the previous release may be running on the same database. So a migration adds columns and tables, and never renames, drops
 * or reorders columns: statements that SQLite has compiled rely on the number of columns (see sqlite-handle.ts). Statements that PostgreSQL
 * has prepared are prepared again (see statement-names.ts). And a migration does not wait long for a lock, because the statements of that
 * process would wait behind it (see lock-retries.ts).
 * @returns the names of the migrations that this call applied
 * @throws StorageError when the schema is newer than this program, or when other transactions lock a table for too long
 */
export async function migrate(
  db: Db,
  engine: Engine,
  logger: StorageLogger,
  { lockSeconds = 600, onBlocked = (message) => logger.warn({}, message), upTo }: MigrateOptions = {},
): Promise<readonly string[]> {
  const dialect = schemaDialects[engine]
  const plain = db as unknown as Kysely<MigrationSchema>
  const retries = { totalMs: lockSeconds * 1000, onBlocked }
  return plain.transaction().execute(async (tx) => {
    await dialect.lockSchema(tx)
    return dialect.retryOnLocks(tx, () => applyMissing(tx, engine, upTo), retries)
  })
}

async function applyMissing(tx: Transaction<MigrationSchema>, engine: Engine, upTo: string | undefined): Promise<readonly string[]> {
  const dialect = schemaDialects[engine]
  await createRecord(tx, engine)
  const wanted = upTo === undefined ? migrations : migrations.slice(0, migrations.findIndex(({ name }) => name === upTo) + 1)
  const missing = (await findMissing(tx)).filter((migration) => wanted.includes(migration))
  for (const { locksFirst } of missing) if (locksFirst !== undefined) await lockTable(tx, engine, locksFirst)
  for (const migration of missing) {
    await migration.up(tx as unknown as Kysely<never>, dialect)
    await tx.insertInto('schema_migration').values({ name: migration.name, applied_at: Date.now() }).execute()
  }
  return namesOf(missing)
}

/** A new database does not have the table yet. SQLite has one lock for the whole database. */
async function lockTable(tx: Transaction<MigrationSchema>, engine: Engine, table: string): Promise<void> {
  if (engine === 'sqlite' || !(await schemaDialects[engine].hasTable(tx, table))) return
  await sql`lock table ${sql.table(table)} in access exclusive mode`.execute(tx)
}

/**
 * The names of the migrations that `migrate` would apply. Changes nothing.
 * @throws StorageError when the schema is newer than this program
 */
export async function findMissingMigrations(db: Db, engine: Engine): Promise<readonly string[]> {
  if (!(await hasSchema(db, engine))) return namesOf(migrations)
  return namesOf(await findMissing(db as unknown as Kysely<MigrationSchema>))
}

/** Whether the database has ever been migrated. */
export function hasSchema(db: Db, engine: Engine): Promise<boolean> {
  return schemaDialects[engine].hasTable(db, 'schema_migration')
}

async function createRecord(tx: Transaction<MigrationSchema>, engine: Engine): Promise<void> {
  const { text, integer, hasTable } = schemaDialects[engine]
  // PostgreSQL demands the right to create tables even for `if not exists`.
  if (await hasTable(tx, 'schema_migration')) return
  await tx.schema
    .createTable('schema_migration')
    .addColumn('name', text, (column) => column.primaryKey().notNull())
    .addColumn('applied_at', integer, (column) => column.notNull())
    .execute()
}

async function findMissing(db: Kysely<MigrationSchema>): Promise<readonly Migration[]> {
  const rows = await db.selectFrom('schema_migration').select('name').execute()
  const applied = new Set(rows.map((row) => row.name))
  refuseNewerSchema(applied)
  return migrations.filter(({ name }) => !applied.has(name))
}

const namesOf = (some: readonly Migration[]): readonly string[] => some.map(({ name }) => name)

function refuseNewerSchema(applied: ReadonlySet<string>): void {
  const known = new Set(migrations.map((migration) => migration.name))
  const unknown = [...applied].filter((name) => !known.has(name)).sort()
  if (unknown.length === 0) return
  throw new StorageError(`The database was migrated by a newer Lifeguard (${unknown.join(', ')}). Upgrade this program to open it.`)
}
