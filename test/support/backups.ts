import { randomBytes } from 'node:crypto'
import { systemClock } from '../../src/base/clock.ts'
import { createKeyRing } from '../../src/base/secrets.ts'
import type { BackupContent, BackupPart, BackupRow, BackupScope } from '../../src/portability/backup-rows.ts'
import { type RestoreOptions, restoreEverything } from '../../src/portability/restore/restore.ts'
import { withSnapshot } from '../../src/portability/snapshot/snapshot.ts'
import { sealedTables } from '../../src/sealed-tables.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { withDatabase } from './master-keys.ts'

/** All rows of a backup by table, in the order of their keys. */
export type RowsByTable = Readonly<Record<string, readonly BackupRow[]>>

/** A random master key, as an environment variable contains it. */
export const newMasterKey = () => randomBytes(32).toString('base64')

/** Copies the database, whose master key is given in base64, and gives the copy to `use`. */
export function withCopy<T>(
  database: { readonly url: string; readonly masterKey: string },
  use: (content: BackupContent) => Promise<T>,
  scope: BackupScope = { kind: 'everything' },
): Promise<T> {
  return withDatabase(database.url, { masterKey: database.masterKey }, ({ storage, keyRing }) =>
    withSnapshot({ storage, keyRing, sealedTables, scope, clock: systemClock }, use),
  )
}

/** The content again, and a function that returns the rows that were read so far. */
export function recorded(content: BackupContent): { readonly content: BackupContent; readonly rows: RowsByTable } {
  const rows: Record<string, BackupRow[]> = {}
  async function* record(part: BackupPart): BackupPart['rows'] {
    const known: BackupRow[] = []
    rows[part.table] = known
    for await (const batch of part.rows) {
      known.push(...batch)
      yield batch
    }
  }
  async function* parts(): BackupContent['parts'] {
    for await (const part of content.parts) yield { table: part.table, rows: record(part) }
  }
  return { content: { ...content, parts: parts() }, rows }
}

export async function readRows(content: BackupContent): Promise<RowsByTable> {
  const { content: copy, rows } = recorded(content)
  for await (const part of copy.parts) for await (const _ of part.rows);
  return rows
}

type Target = Partial<Pick<RestoreOptions, 'overwrite' | 'quietMs' | 'onProgress'>> & { readonly url: string; readonly masterKey: string }

/** Restores into a database that is created or migrated first, as the command does. Resolves with the number of rows. */
export async function restoreInto({ url, masterKey, ...options }: Target, content: BackupContent): Promise<number> {
  const storage = await openStorage({ url })
  try {
    await storage.migrate()
    const keyRing = createKeyRing(Buffer.from(masterKey, 'base64'))
    const given = { storage, keyRing, sealedTables, content, clock: systemClock }
    return await restoreEverything({ overwrite: false, quietMs: 0, ...options, ...given })
  } finally {
    await storage.close()
  }
}

/** The rows without the columns that contain sealed values, which are sealed anew by a restore. */
export function withoutSealed(rows: RowsByTable): RowsByTable {
  const columnsOf = (table: string) => sealedTables.find((each) => each.table === table)?.columns ?? []
  return Object.fromEntries(
    Object.entries(rows).map(([table, some]) => [
      table,
      some.map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => !columnsOf(table).includes(column)))),
    ]),
  )
}
