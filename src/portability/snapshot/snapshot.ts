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
 * Copies the database, or one pool of it, as it is when this function is called, and closes the copy when `use` has ended. Servers go on
 * meanwhile, in this process and in others. Read the parts in their order, once.
 * @throws PortabilityError when the pool does not exist, the schema is not the one of this program, or a sealed value does not open
 */
export async function withSnapshot<T>(options: SnapshotOptions, use: (content: BackupContent) => Promise<T>): Promise<T> {
  const { storage, keyRing, scope, clock } = options
  const at = clock.now()
  const snapshot = await storage.openSnapshot()
  try {
    const migration = await readMigration(options, snapshot)
    if (scope.kind === 'pool') await requirePool(options, snapshot, scope.poolId)
    const rowKey = randomBytes(32)
    return await use({
      head: { scope, migration, program: readVersion(), engine: storage.engine, at },
      keys: { rowKey, lastingSubkeys: keyRing.lastingSubkeys(scope.kind === 'pool' ? scope.poolId : undefined) },
      parts: readParts(options, snapshot, keyRing.sealingUnder(rowKey)),
    })
  } finally {
    await snapshot.close()
  }
}

async function* readParts(
  { storage, sealedTables, scope }: SnapshotOptions,
  snapshot: Snapshot,
  secrets: Secrets,
): AsyncIterable<BackupPart> {
  const poolId = scope.kind === 'pool' ? scope.poolId : undefined
  for (const table of poolId === undefined ? tablesOfEverything : tablesOfPool) {
    const sealed = sealedTables.find((each) => each.table === table.table)
    yield { table: table.table, rows: readRows(readPages({ db: storage.db, snapshot }, table, poolId), table, sealed, secrets) }
  }
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
