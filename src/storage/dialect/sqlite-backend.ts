import { EventEmitter } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { StorageError } from '../storage-error.ts'
import type { Backend } from './backend.ts'
import { requireChannel, writeNotification } from './notification.ts'
import { retryWhileBusy } from './retry-while-busy.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { SqliteGroupWriter } from './sqlite-group-writer.ts'
import { isBusy, SqliteHandle, sqliteCode } from './sqlite-handle.ts'

/** How long a write waits for another process that writes. */
const busyTimeoutMs = 5000
/** How long a transaction waits for those before it in this process. */
const lockTimeoutMs = 10_000

/** Opens the file; creates it, and the folder it lies in, readable by the owner only. */
export async function openSqlite(path: string): Promise<Backend> {
  const file = resolve(path)
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
    const groups = new SqliteGroupWriter(writer, { busyTimeoutMs, lockTimeoutMs })
    // The writer may be inside a transaction, where SQLite refuses to do this.
    const writeBack = () => void reader.run('pragma wal_checkpoint(passive)', [])
    return { engine: 'sqlite', dialect: sqliteDialect(reader, writer, groups), ...localChannels(), writeBack, close: async () => undefined }
  } catch (error) {
    for (const handle of handles) handle.close()
    throw openingError(file, error)
  }
}

/** One process owns the file's subscribers: nobody else has to hear. */
function localChannels(): Pick<Backend, 'publish' | 'subscribe'> {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  return {
    async publish(channel, payload) {
      writeNotification(channel, payload)
      // Later, as with PostgreSQL: a listener never runs, or throws, inside the publisher.
      setImmediate(() => emitter.emit(channel, payload))
    },
    subscribe(channel, listener) {
      requireChannel(channel)
      emitter.on(channel, listener)
      return () => emitter.off(channel, listener)
    },
  }
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

function openingError(file: string, error: unknown): StorageError {
  return new StorageError(`Cannot open the database ${file}: ${reason(error)}.`, { cause: error })
}

function reason(error: unknown): string {
  if (isBusy(error)) return 'another process keeps it locked'
  switch (sqliteCode(error)) {
    case 8:
      return 'it is read-only'
    case 11:
      return 'it is damaged'
    case 13:
      return 'the disk is full'
    case 14:
      return 'the file or its folder is not writable'
    case 26:
      return 'the file is not an SQLite database'
  }
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EROFS':
      return 'the file system is read-only'
    case 'ENOENT':
      return 'its folder does not exist and cannot be created'
    case 'EISDIR':
      return 'it is a folder'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'part of the path is not a folder'
    case 'ENOSPC':
      return 'the disk is full'
  }
  return error instanceof Error ? error.message : String(error)
}
