import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { EmptyDatabaseError, StorageError } from '../storage-error.ts'
import type { Backend, StorageLogger } from './backend.ts'
import { createFailureLog } from './failure-log.ts'
import { retryWhileBusy } from './retry-while-busy.ts'
import { sqliteChannels } from './sqlite-channels.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { openingError } from './sqlite-errors.ts'
import { SqliteGroupWriter } from './sqlite-group-writer.ts'
import { SqliteHandle } from './sqlite-handle.ts'

/** How long a write waits for another process that writes. */
const busyTimeoutMs = 5000
/** How long a transaction waits for those before it in this process. */
const lockTimeoutMs = 10_000

/** Reading a file of this size through takes a fraction of a second. A larger one is checked by the backup (see docs/production.md). */
const checkedBytes = 64 * 1024 * 1024

type SqliteOptions = { readonly create: boolean; readonly logger: StorageLogger }

/**
 * Opens the file; creates it, and the folder it lies in, readable by the owner only. Unless it may `create`, a file that is missing or has
 * nothing in it is refused: it is more likely a wrong path or a lost volume than a new installation.
 */
export async function openSqlite(path: string, { create, logger }: SqliteOptions): Promise<Backend> {
  const file = resolve(path)
  if (!create) requireContent(file)
  createFile(file)
  const handles: SqliteHandle[] = []
  try {
    // The writer never blocks the thread for another process: its BEGIN IMMEDIATE is tried again instead.
    const writer = new SqliteHandle(file, 0)
    handles.push(writer)
    await retryWhileBusy(() => writer.exec('pragma journal_mode = wal'), busyTimeoutMs)
    writer.exec('pragma synchronous = full')
    // Four times the default: pages that change often are written back once for many commits.
    writer.exec('pragma wal_autocheckpoint = 4000')
    // In KiB: room for the upper pages of the busiest tables. What is below them lies in the system's cache, and
    // a commit that split a page looks through all of ours.
    writer.exec('pragma cache_size = -4000')
    const reader = new SqliteHandle(file, busyTimeoutMs)
    handles.push(reader)
    reader.exec('pragma query_only = 1')
    await retryWhileBusy(() => reader.run('select count(*) from sqlite_schema', []), busyTimeoutMs)
    if (statSync(file).size <= checkedBytes) checkPages(file, reader)
    const groups = new SqliteGroupWriter(writer, { busyTimeoutMs, lockTimeoutMs })
    return {
      engine: 'sqlite',
      dialect: sqliteDialect({ reader, writer, groups, noteFailure: createFailureLog(logger) }),
      ...sqliteChannels(writer),
      ping: async () => {
        reader.run('select count(*) from sqlite_schema', [])
      },
      withoutTimeLimit: (work) => work(),
      // The writer may be inside a transaction, where SQLite refuses to do this.
      checkpoint: () => void reader.run('pragma wal_checkpoint(passive)', []),
    }
  } catch (error) {
    for (const handle of handles) handle.close()
    throw error instanceof StorageError ? error : openingError(file, error)
  }
}

function requireContent(file: string): void {
  if (existsSync(file) && statSync(file).size > 0) return
  throw new EmptyDatabaseError(`The database ${file} is ${existsSync(file) ? 'empty' : 'missing'}.`)
}

/** Damage that is found at a start can be mended from a backup before it has been in all of them. */
function checkPages(file: string, reader: SqliteHandle): void {
  const { rows } = reader.run<{ quick_check: string }>('pragma quick_check(1)', [])
  const [first] = rows
  if (first?.quick_check !== 'ok') throw new StorageError(`Cannot open the database ${file}: it is damaged. Restore it from a backup.`)
}

function createFile(file: string): void {
  try {
    // One folder only: a mistyped path should not grow a tree.
    if (!existsSync(dirname(file))) mkdirSync(dirname(file), { mode: 0o700 })
    closeSync(openSync(file, 'a', 0o600))
  } catch (error) {
    throw openingError(file, error)
  }
}
