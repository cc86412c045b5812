import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StorageError } from '../storage-error.ts'
import type { Backend, StorageLogger, TimeStatement } from './backend.ts'
import { createFailureLog } from './failure-log.ts'
import { retryWhileBusy } from './retry-while-busy.ts'
import { checkPages, requireContent } from './sqlite-backend.ts'
import { sqliteChannels } from './sqlite-channels.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { openingError } from './sqlite-errors.ts'
import { SqliteGroupWriter } from './sqlite-group-writer.ts'
import { SqliteHandle } from './sqlite-handle.ts'
import { openSqliteSnapshot } from './sqlite-snapshot.ts'

/** How long a read waits for another process. */
const busyTimeoutMs = 2000

type Options = { readonly logger: StorageLogger; readonly timeStatement: TimeStatement }

/**
 * Opens the file for reading only, and creates no other file, such as a write-ahead log.
 * @throws EmptyDatabaseError when the file is missing or empty
 * @throws StorageError when the file cannot be opened or is damaged
 */
export async function openSqliteReadOnly(path: string, { logger, timeStatement }: Options): Promise<Backend> {
  const file = resolve(path)
  const handles: SqliteHandle[] = []
  try {
    requireContent(file)
    const place = placeOf(file)
    const open = () => {
      const handle = new SqliteHandle(place, busyTimeoutMs, { readOnly: true })
      handles.push(handle)
      return handle
    }
    const [reader, writer] = [open(), open()]
    await retryWhileBusy(() => reader.run('select count(*) from sqlite_schema', []), busyTimeoutMs)
    checkPages(file, reader)
    const groups = new SqliteGroupWriter(writer, { busyTimeoutMs, lockTimeoutMs: busyTimeoutMs })
    return {
      engine: 'sqlite',
      engineVersion: process.versions.sqlite ?? 'unknown',
      dialect: sqliteDialect({ reader, writer, groups, timeStatement, logFailure: createFailureLog(logger) }),
      ...sqliteChannels(writer),
      connections: () => undefined,
      isInDoubt: () => false,
      ping: async () => {
        reader.run('select count(*) from sqlite_schema', [])
      },
      openSnapshot: () => openSqliteSnapshot(file),
      withoutTimeLimit: (work) => work(),
      checkpoint: () => undefined,
    }
  } catch (error) {
    for (const handle of handles) handle.close()
    throw error instanceof StorageError ? error : openingError(file, error)
  }
}

/**
 * The path or URL by which to open the file. When there is no write-ahead log, no process has the file open. Then SQLite would create an
 * empty log, unless the URL has `immutable=1`.
 */
function placeOf(file: string): string | URL {
  if (existsSync(`${file}-wal`)) return file
  const url = pathToFileURL(file)
  url.search = 'immutable=1'
  return url
}
