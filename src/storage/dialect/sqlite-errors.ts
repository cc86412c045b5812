import { DatabaseUnavailableError } from '../database-unavailable-error.ts'
import { StorageError } from '../storage-error.ts'
import { isBusy, sqliteCode } from './sqlite-handle.ts'

/**
 * SQLite's codes for a file that is locked (5, 6), read-only (8), hit by a disk error (10), on a full disk (13) or cannot be opened (14).
 */
const unavailableCodes = new Set([5, 6, 8, 10, 13, 14])

/** What is wrong with a damaged file, and what to do. SQLite reports damage as a result of its check, or as an error of any statement. */
export const damaged = 'it is damaged. Restore it from a backup'

/** The error to throw for a failed statement: a `DatabaseUnavailableError` if the file or its disk is the reason, else the error itself. */
export function statementError(error: unknown): unknown {
  const code = sqliteCode(error)
  if (code === undefined || !unavailableCodes.has(code)) return error
  return new DatabaseUnavailableError(`The database could not execute the statement: ${reason(error)}.`, { cause: error })
}

/** An error that says in one sentence why the file could not be opened. */
export function openingError(file: string, error: unknown): StorageError {
  return new StorageError(`Cannot open the database ${file}: ${reason(error)}.`, { cause: error })
}

function reason(error: unknown): string {
  if (isBusy(error)) return 'another process keeps it locked'
  switch (sqliteCode(error)) {
    case 8:
      return 'it is read-only'
    case 11:
      return damaged
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
