import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrations } from '../../storage/migrations/migrations.ts'
import { openStorage, type Storage } from '../../storage/open-storage.ts'
import type { BackupContent, BackupPart } from '../backup-rows.ts'
import { tablesOfEverything } from '../copied-tables.ts'
import { PortabilityError } from '../portability-error.ts'
import { sizeOf } from '../row-batches.ts'
import { readPages } from '../snapshot/read-pages.ts'
import { storeRows } from '../store-rows.ts'

/** About the size of the rows that are read at a time from the temporary database, in UTF-16 units. */
const pageSize = 8 * 1024 * 1024

/**
 * Gives `use` the parts of the backup as this release stores them. Those of an older release pass through a temporary SQLite database, in
 * which the missing migrations run. Its file is deleted when `use` has ended.
 * @throws PortabilityError when a newer release wrote the backup
 */
export async function withCurrentRows<T>(
  { head, parts }: Pick<BackupContent, 'head' | 'parts'>,
  use: (parts: AsyncIterable<BackupPart>) => Promise<T>,
): Promise<T> {
  requireKnownMigration(head)
  if (head.migration === migrations.at(-1)?.name) return use(parts)
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-restore-'))
  // The rows in the folder are not sealed. A signal ends the command without the `finally` below.
  const removeAtExit = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeAtExit)
  try {
    const storage = await openStorage({ url: `sqlite:${join(folder, 'rows.db')}` })
    try {
      await storage.migrate({ upTo: head.migration })
      const largest = await load(storage, parts)
      await storage.migrate()
      const snapshot = await storage.openSnapshot()
      try {
        return await use(partsOf({ db: storage.db, snapshot }, largest))
      } finally {
        await snapshot.close()
      }
    } finally {
      await storage.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
    process.off('exit', removeAtExit)
  }
}

/** @throws PortabilityError when a newer release wrote the backup */
export function requireKnownMigration({ migration, program }: BackupContent['head']): void {
  if (migrations.some(({ name }) => name === migration)) return
  throw new PortabilityError(`The backup was written by a newer Lifeguard (${program}). Restore it with that release or a later one.`)
}

/** Returns the size of the largest row of each table. */
async function load({ db, engine, checkpoint }: Storage, parts: AsyncIterable<BackupPart>): Promise<ReadonlyMap<string, number>> {
  const largest = new Map<string, number>()
  for await (const { table, rows } of parts) {
    for await (const batch of rows) {
      await db.transaction().execute((tx) => storeRows(tx, engine, table, batch))
      checkpoint()
      largest.set(
        table,
        batch.reduce((size, row) => Math.max(size, sizeOf(row)), largest.get(table) ?? 1),
      )
    }
  }
  return largest
}

async function* partsOf(source: Parameters<typeof readPages>[0], largest: ReadonlyMap<string, number>): AsyncIterable<BackupPart> {
  for (const table of tablesOfEverything) {
    const limit = Math.max(1, Math.floor(pageSize / (largest.get(table.table) ?? 1)))
    yield { table: table.table, rows: readPages(source, table, undefined, limit) }
  }
}
