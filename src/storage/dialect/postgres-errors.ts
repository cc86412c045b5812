import { DatabaseUnavailableError, StatementTimeoutError } from '../database-unavailable-error.ts'
import { StorageError } from '../storage-error.ts'

/** An error that says in one sentence why a connection could not be made. It contains neither the password nor the user name. */
export function postgresError(url: string, error: unknown): StorageError {
  const { place, database } = namesIn(url)
  return new StorageError(sentence(place, database, error), { cause: error })
}

function sentence(place: string, database: string, error: unknown): string {
  const code = (error as { code?: unknown }).code
  switch (code) {
    case 'ECONNREFUSED':
      return `Cannot reach PostgreSQL at ${place}: nothing listens there.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `Cannot reach PostgreSQL at ${place}: the host name is unknown.`
    case 'ENOENT':
      return `Cannot reach PostgreSQL at ${place}: the socket or certificate file does not exist.`
    case 'ETIMEDOUT':
      return `Cannot reach PostgreSQL at ${place}: no answer.`
    case '28000':
    case '28P01':
      return `PostgreSQL at ${place} refused the user name or the password.`
    case '3D000':
      return `PostgreSQL at ${place} has no database named "${database}".`
    case '42501':
      return `PostgreSQL at ${place} does not allow the user to use the database "${database}".`
    case '53300':
      return `PostgreSQL at ${place} accepts no more connections.`
    case '57P03':
      return `PostgreSQL at ${place} is still starting or stopping.`
  }
  const message = error instanceof Error ? error.message : String(error)
  if (/timeout/i.test(message)) return `Cannot reach PostgreSQL at ${place}: no answer.`
  return `Cannot use PostgreSQL at ${place}: ${message.replace(/\.$/, '')}.`
}

function namesIn(url: string): { place: string; database: string } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const host = parsed?.searchParams.get('host') ?? (parsed?.hostname || 'localhost')
  return { place: `${host}:${parsed?.port || '5432'}`, database: decoded(parsed?.pathname.slice(1) ?? '') }
}

/** Decodes percent-encoded text. Returns wrongly encoded text as it is, because that mistake may be the reason for the error message. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Errors of the network, and of a PostgreSQL server that starts, stops or has no connections left. These errors may pass without a change
 * of our settings.
 */
const transientCodes = new Set(
  'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN 57P01 57P02 57P03 53300'.split(' '),
)

/** Whether a later attempt to connect may succeed without a change of our settings. */
export function isWorthWaiting(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException
  // A socket file may appear later; a missing certificate file stays missing.
  if (code === 'ENOENT') return syscall === 'connect'
  if (code !== undefined) return transientCodes.has(code)
  // Errors of `pg` itself have no codes.
  return error instanceof Error && /^Connection terminated|timeout/i.test(error.message)
}

/**
 * States in which PostgreSQL rejects work for reasons of its own: connection failures (08), out of space, memory or connections (53),
 * shutting down (57P), a statement that took too long (57014), a system error (58), read-only (25006), a transaction that was idle too long
 * (25P03).
 */
const unavailableStates = /^(08|53|57P|58|57014$|25006$|25P03$)/

/** The message names a table or a schema, and no values. */
const forbidden = (message: string) => `PostgreSQL does not allow this user what Lifeguard needs: ${message}. Grant the user this right.`

/**
 * The error to throw for a failed statement: a `DatabaseUnavailableError` if the database is the reason, a `StorageError` if the database
 * user lacks a right, else the error itself.
 */
export function statementError(error: unknown, connection: { readonly isLost: boolean }): unknown {
  if (!(error instanceof Error)) return error
  hideRowValues(error)
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  const isAnswer = typeof severity === 'string' && typeof code === 'string'
  if (isAnswer && code === '42501') return new StorageError(forbidden(error.message), { cause: error })
  const isUnavailable = isAnswer ? unavailableStates.test(code) : connection.isLost
  if (!isUnavailable) return error
  const Unavailable = code === '57014' ? StatementTimeoutError : DatabaseUnavailableError
  return new Unavailable(`The database could not execute the statement: ${error.message}`, { cause: error })
}

/**
 * Whether a prepared statement was rejected because its result has other columns than when it was prepared. The code only says that a
 * feature is not supported, and the message is in the server's language. So `routine`, the server's function that reported the error,
 * decides.
 */
export function isStaleStatement(error: unknown): boolean {
  const { code, routine } = (error ?? {}) as { code?: unknown; routine?: unknown }
  return code === '0A000' && routine === 'RevalidateCachedQuery'
}

/** Removes `detail` and `where` from the error: PostgreSQL quotes the row or the parameters there, which must not reach a log. */
function hideRowValues(error: Error): void {
  if ('detail' in error) Object.assign(error, { detail: undefined, where: undefined })
}
