/**
 * The database did not do a piece of work, for a reason that lies with the database or the way to it and that may pass: it is away, does
 * not answer in time, is full or read-only. If a commit was under way, it may or may not have happened.
 */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
}
