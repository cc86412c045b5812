/**
 * The database could not do a piece of work, for a reason in the database or in the connection to it that may pass: it cannot be reached,
 * does not answer in time, is full or read-only. If a commit was in progress, it may or may not have happened.
 */
export class DatabaseUnavailableError extends Error {
  override readonly name: string = 'DatabaseUnavailableError'
}

/** The database answers, but this statement exceeded its time limit, by its own work or while it waited for a lock. */
export class StatementTimeoutError extends DatabaseUnavailableError {
  override readonly name = 'StatementTimeoutError'
}

/**
 * For the `catch` of work that follows a commit. When the database is unavailable, that work is skipped: the committed change must
 * not look failed.
 */
export function ignoreUnavailable(error: unknown): undefined {
  if (!(error instanceof DatabaseUnavailableError)) throw error
  return undefined
}
