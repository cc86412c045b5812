import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Clock } from '../../base/clock.ts'
import type { KeyRing, Secrets } from '../../base/secrets.ts'
import { readVersion } from '../../base/version.ts'
import type { Snapshot } from '../../storage/dialect/backend.ts'
import { migrations } from '../../storage/migrations/migrations.ts'
import type { Storage } from '../../storage/open-storage.ts'
import type { SealedTable } from '../../storage/sealed-table.ts'
import type { BackupContent, BackupPart, BackupRow, BackupScope } from '../backup-rows.ts'
import { type TableToCopy, tablesOfEverything, tablesOfPool } from '../copied-tables.ts'
import { PortabilityError } from '../portability-error.ts'
import { readPages } from './read-pages.ts'

export type SnapshotOptions = {
  readonly storage: Storage
  readonly keyRing: KeyRing
  /** Every table with sealed columns: `sealedTables` of the composition root. */
  readonly sealedTables: readonly SealedTable[]
  readonly scope: BackupScope
  readonly clock: Clock
}

/**
 * Copies the database, or one pool of it, as it is when this function is called. Servers go on meanwhile, in this process and in others.
 * Read the parts in their order, once. The transaction ends with the last part: `use` may go on for long, and an open transaction keeps old
 * rows (PostgreSQL) and the write-ahead log (SQLite) from being cleaned up.
 * @throws PortabilityError when the pool does not exist, the schema is not the one of this program, a sealed value does not open, or the
 *   schema changes meanwhile
 */
export async function withSnapshot<T>(options: SnapshotOptions, use: (content: BackupContent) => Promise<T>): Promise<T> {
  const { storage, keyRing, scope, clock } = options
  const at = clock.now()
  const snapshot = closedOnce(await storage.openSnapshot())
  try {
    const migration = await readMigration(options, snapshot)
    if (scope.kind === 'pool') await requirePool(options, snapshot, scope.poolId)
    const rowKey = randomBytes(32)
    return await use({
      head: { scope, migration, program: readVersion(), engine: storage.engine, at },
      keys: { rowKey, lastingSubkeys: keyRing.lastingSubkeys(scope.kind === 'pool' ? scope.poolId : undefined) },
      parts: readParts(options, { snapshot, migration, secrets: keyRing.sealingUnder(rowKey) }),
    })
  } finally {
    await snapshot.close()
  }
}

/** The snapshot, with a `close` that may be called again. */
function closedOnce(snapshot: Snapshot): Snapshot {
  let closing: Promise<void> | undefined
  return {
    read: snapshot.read,
    close() {
      closing ??= snapshot.close()
      return closing
    },
  }
}

type Reading = { readonly snapshot: Snapshot; readonly migration: string; readonly secrets: Secrets }

async function* readParts(options: SnapshotOptions, { snapshot, migration, secrets }: Reading): AsyncIterable<BackupPart> {
  const { storage, sealedTables, scope } = options
  const poolId = scope.kind === 'pool' ? scope.poolId : undefined
  for (const table of poolId === undefined ? tablesOfEverything : tablesOfPool) {
    const sealed = sealedTables.find((each) => each.table === table.table)
    yield { table: table.table, rows: readRows(readPages({ db: storage.db, snapshot }, table, poolId), table, sealed, secrets) }
  }
  await snapshot.close()
  await requireSameSchema(options, migration)
}

/**
 * A table that is read after a migration has its new columns, even in a transaction that began before it (PostgreSQL). Such a copy fits no
 * schema.
 */
async function requireSameSchema({ storage }: SnapshotOptions, migration: string): Promise<void> {
  const [last] = (await sql<{ name: string }>`select max(name) as name from schema_migration`.execute(storage.db)).rows
  if (last?.name === migration) return
  throw new PortabilityError('The database was migrated during the backup. Run the backup again.')
}

async function* readRows(
  pages: AsyncIterable<readonly BackupRow[]>,
  table: TableToCopy,
  sealed: SealedTable | undefined,
  secrets: Secrets,
): AsyncIterable<readonly BackupRow[]> {
  for await (const rows of pages)
    yield sealed === undefined ? rows : rows.map((row) => ({ ...row, ...reseal(secrets, table, sealed, row) }))
}

function reseal(secrets: Secrets, { table, key }: TableToCopy, sealed: SealedTable, row: BackupRow): Readonly<Record<string, string>> {
  try {
    return sealed.reseal(secrets, row)
  } catch {
    const name = key.map((column) => row[column]).join(' ')
    throw new PortabilityError(
      `The row ${name} of the table ${table} has a value that opens under no master key. Repair or delete the row, and run the command again.`,
    )
  }
}

/** The last migration of the copied database. @throws PortabilityError when a table or column could be missing in the copy */
async function readMigration({ storage }: SnapshotOptions, snapshot: Snapshot): Promise<string> {
  const rows = await snapshot.read(sql<{ name: string }>`select name from schema_migration`.compile(storage.db))
  const applied = new Set(rows.map(({ name }) => name))
  const last = migrations.at(-1)
  if (last === undefined || applied.size !== migrations.length || !migrations.every(({ name }) => applied.has(name)))
    throw new PortabilityError(
      'The database has the schema of another release. Use the program of that release, or run: lifeguard db migrate',
    )
  return last.name
}

async function requirePool({ storage }: SnapshotOptions, snapshot: Snapshot, poolId: string): Promise<void> {
  const found = await snapshot.read(storage.db.selectFrom('user_pool').select('id').where('id', '=', poolId).compile())
  if (found.length === 0) throw new PortabilityError(`There is no user pool ${poolId} in the database.`)
}
