/**
 * The database did not do a piece of work, for a reason that lies with the database or the way to it and that may pass: it is away, does
 * not answer in time, is full or read-only. If a commit was under way, it may or may not have happened.
 */
export class DatabaseUnavailableError extends Error {
  override readonly name: string = 'DatabaseUnavailableError'
}

/** The database is there, but this statement took longer than a statement may, by itself or because others held a lock. */
export class StatementTimeoutError extends DatabaseUnavailableError {
  override readonly name = 'StatementTimeoutError'
}

/** For a `catch` behind work that follows a commit: without the database it stays undone, and must not make the change look like a failure. */
export function ignoreUnavailable(error: unknown): undefined {
  if (!(error instanceof DatabaseUnavailableError)) throw error
  return undefined
}
