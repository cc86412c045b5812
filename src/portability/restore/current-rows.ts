import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { insertRows } from '../../storage/dialect/bulk-rows.ts'
import { migrations } from '../../storage/migrations/migrations.ts'
import { openStorage, type Storage } from '../../storage/open-storage.ts'
import type { BackupContent, BackupPart } from '../backup-rows.ts'
import { tablesOfEverything } from '../copied-tables.ts'
import { PortabilityError } from '../portability-error.ts'
import { readPages } from '../snapshot/read-pages.ts'

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
      await load(storage, parts)
      await storage.migrate()
      const snapshot = await storage.openSnapshot()
      try {
        return await use(partsOf({ db: storage.db, snapshot }))
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

async function load({ db, engine, checkpoint }: Storage, parts: AsyncIterable<BackupPart>): Promise<void> {
  for await (const { table, rows } of parts) {
    for await (const batch of rows) {
      await db.transaction().execute((tx) => insertRows(tx, engine, table, batch))
      checkpoint()
    }
  }
}

async function* partsOf(source: Parameters<typeof readPages>[0]): AsyncIterable<BackupPart> {
  for (const table of tablesOfEverything) yield { table: table.table, rows: readPages(source, table, undefined) }
}
