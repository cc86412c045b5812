import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { EmptyDatabaseError, StorageError } from '../storage-error.ts'
import type { Backend, StorageLogger, TimeStatement } from './backend.ts'
import { createFailureLog } from './failure-log.ts'
import { retryWhileBusy } from './retry-while-busy.ts'
import { sqliteChannels } from './sqlite-channels.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { damaged, openingError } from './sqlite-errors.ts'
import { SqliteGroupWriter } from './sqlite-group-writer.ts'
import { SqliteHandle } from './sqlite-handle.ts'
import { openSqliteSnapshot } from './sqlite-snapshot.ts'

/** How long a write waits for another process that writes. */
const busyTimeoutMs = 5000
/** How long a transaction waits for earlier transactions of this process. */
const lockTimeoutMs = 10_000

/**
 * A file of at most this size is checked for damage at the start. Reading the whole of it takes a fraction of a second. A larger file is
 * checked by the backup (see docs/production.md).
 */
const checkedBytes = 64 * 1024 * 1024

type SqliteOptions = { readonly create: boolean; readonly logger: StorageLogger; readonly timeStatement: TimeStatement }

/**
 * Opens the file. With `create`, a missing file and its folder are created, readable by their owner only. Without it, a missing or empty
 * file is rejected: it is more likely a wrong path or a lost volume than a new installation.
 * @throws EmptyDatabaseError when the file is missing or empty and may not be created
 * @throws StorageError when the file cannot be opened or is damaged
 */
export async function openSqlite(path: string, { create, logger, timeStatement }: SqliteOptions): Promise<Backend> {
  const file = resolve(path)
  if (!create) requireContent(file)
  createFile(file)
  const handles: SqliteHandle[] = []
  try {
    // The writer never blocks the thread while another process writes: its BEGIN IMMEDIATE is retried instead.
    const writer = new SqliteHandle(file, 0)
    handles.push(writer)
    await retryWhileBusy(() => writer.exec('pragma journal_mode = wal'), busyTimeoutMs)
    writer.exec('pragma synchronous = full')
    // Four times the default: pages that change often are copied into the file once for many commits.
    writer.exec('pragma wal_autocheckpoint = 4000')
    // In KiB: enough for the upper pages of the busiest tables. Their lower pages are in the cache of the operating system. A larger cache
    // would slow down commits, because a commit that split a page searches the whole cache.
    writer.exec('pragma cache_size = -4000')
    const reader = new SqliteHandle(file, busyTimeoutMs)
    handles.push(reader)
    reader.exec('pragma query_only = 1')
    await retryWhileBusy(() => reader.run('select count(*) from sqlite_schema', []), busyTimeoutMs)
    checkPages(file, reader)
    const groups = new SqliteGroupWriter(writer, { busyTimeoutMs, lockTimeoutMs })
    return {
      engine: 'sqlite',
      engineVersion: process.versions.sqlite ?? 'unknown',
      dialect: sqliteDialect({ reader, writer, groups, timeStatement, logFailure: createFailureLog(logger) }),
      ...sqliteChannels(writer),
      ping: async () => {
        reader.run('select count(*) from sqlite_schema', [])
      },
      connections: () => undefined,
      isInDoubt: () => false,
      openSnapshot: () => openSqliteSnapshot(file),
      withoutTimeLimit: (work) => work(),
      // The reader runs the checkpoint, since SQLite refuses one inside a transaction, and the writer may be in a transaction.
      checkpoint: () => void reader.run('pragma wal_checkpoint(passive)', []),
    }
  } catch (error) {
    for (const handle of handles) handle.close()
    throw error instanceof StorageError ? error : openingError(file, error)
  }
}

/** @throws EmptyDatabaseError when the file is missing or empty */
export function requireContent(file: string): void {
  if (existsSync(file) && statSync(file).size > 0) return
  throw new EmptyDatabaseError(`The database ${file} is ${existsSync(file) ? 'empty' : 'missing'}.`)
}

/**
 * Checks the file for damage. Damage must be found early, while a backup from before the damage still exists.
 * @throws StorageError when a file that is not large is damaged
 */
export function checkPages(file: string, reader: SqliteHandle): void {
  if (statSync(file).size > checkedBytes) return
  const { rows } = reader.run<{ quick_check: string }>('pragma quick_check(1)', [])
  const [first] = rows
  if (first?.quick_check !== 'ok') throw new StorageError(`Cannot open the database ${file}: ${damaged}.`)
}

function createFile(file: string): void {
  try {
    // One folder only: a mistyped path must not create a tree of folders.
    if (!existsSync(dirname(file))) mkdirSync(dirname(file), { mode: 0o700 })
    closeSync(openSync(file, 'a', 0o600))
  } catch (error) {
    throw openingError(file, error)
  }
}
