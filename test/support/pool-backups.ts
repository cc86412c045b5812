import { systemClock } from '../../src/base/clock.ts'
import { masterKeyChannel } from '../../src/master-key-watch.ts'
import type { BackupContent, BackupPart, BackupRow, BackupScope } from '../../src/portability/backup-rows.ts'
import { type PoolRestoreOptions, type PoolRestoreReport, restorePool } from '../../src/portability/restore-pool/restore-pool.ts'
import { sealedTables } from '../../src/sealed-tables.ts'
import { newMasterKey, type RowsByTable, recorded, withCopy } from './backups.ts'
import type { TestEngine } from './engines.ts'
import { withDatabase } from './master-keys.ts'
import { startTestServer } from './test-server.ts'

/** A database, with its master key in base64, and the previous one while the key is changed. */
export type Database = { readonly url: string; readonly masterKey: string; readonly previous?: string }

/** A backup that is kept in memory, and can be read many times. */
export type KeptBackup = Pick<BackupContent, 'head' | 'keys'> & { readonly rows: RowsByTable }

export function keepBackup(database: Database, scope: BackupScope): Promise<KeptBackup> {
  return withCopy(
    database,
    async (content) => {
      const { content: copy, rows } = recorded(content)
      for await (const part of copy.parts) for await (const _ of part.rows);
      return { head: content.head, keys: content.keys, rows }
    },
    scope,
  )
}

/** Called before a batch is read; `count` is the number of the batches before. */
type BeforeBatch = (table: string, count: number) => void | Promise<void>

export function contentOf({ head, keys, rows }: KeptBackup, beforeBatch: BeforeBatch = () => undefined): BackupContent {
  let count = 0
  async function* batches(table: string, some: readonly BackupRow[]): BackupPart['rows'] {
    await beforeBatch(table, count)
    count += 1
    if (some.length > 0) yield some
  }
  async function* parts(): BackupContent['parts'] {
    for (const [table, some] of Object.entries(rows)) yield { table: table as BackupPart['table'], rows: batches(table, some) }
  }
  return { head, keys, parts: parts() }
}

/** The backup with other rows in one of its tables. */
export function withRows(backup: KeptBackup, table: string, change: (rows: readonly BackupRow[]) => readonly BackupRow[]): KeptBackup {
  return { ...backup, rows: { ...backup.rows, [table]: change(backup.rows[table] ?? []) } }
}

type Order = Pick<PoolRestoreOptions, 'poolId' | 'newId'> & {
  readonly overwrite?: boolean
  readonly quietMs?: number
  readonly beforeBatch?: BeforeBatch
}

/** Restores the pool as the command does, on a connection of its own beside the server. */
export function restorePoolInto(
  { url, ...keys }: Database,
  backup: KeptBackup,
  { beforeBatch, overwrite = false, quietMs = 0, ...ids }: Order,
): Promise<PoolRestoreReport> {
  return withDatabase(url, keys, ({ storage, keyRing }) =>
    restorePool({
      ...ids,
      storage,
      keyRing,
      sealedTables,
      clock: systemClock,
      overwrite,
      withContent: (use) => use(contentOf(backup, beforeBatch)),
      announceKeys: () => storage.publish(masterKeyChannel, ''),
      quietMs,
    }),
  )
}

/** A server whose database other code opens with its master key. */
export async function startKeyedServer(engine: TestEngine, flags: readonly string[] = []) {
  const masterKey = newMasterKey()
  const server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: masterKey }, flags })
  return Object.assign(server, { masterKey, database: { url: server.databaseUrl, masterKey } })
}
