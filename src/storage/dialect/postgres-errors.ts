import { DatabaseUnavailableError, StatementTimeoutError } from '../database-unavailable-error.ts'
import { StorageError } from '../storage-error.ts'

/** Says in one sentence why a connection could not be made. Neither the password nor the user name is in it. */
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

/** As it stands when it is no percent-encoding: that may be the very error to be told. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Errors of the network, and of a server that starts, stops or is full up: none that says this side is set up wrongly. */
const passingCodes = new Set(
  'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN 57P01 57P02 57P03 53300'.split(' '),
)

/** Whether an attempt to connect may succeed later without a change on this side. */
export function isWorthWaiting(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException
  // A socket file that is not there yet; a certificate that is not there stays missing.
  if (code === 'ENOENT') return syscall === 'connect'
  if (code !== undefined) return passingCodes.has(code)
  // `pg` has no codes for its own.
  return error instanceof Error && /^Connection terminated|timeout/i.test(error.message)
}

/**
 * States in which PostgreSQL turns work away for reasons of its own: out of space, memory or connections (53), shutting down (57P),
 * a statement that took too long (57014), a system error (58), read-only (25006), a transaction that was idle for too long (25P03).
 */
const unavailableStates = /^(08|53|57P|58|57014$|25006$|25P03$)/

/** What a failed statement on a connection comes to: a `DatabaseUnavailableError` where that is the reason, else the error itself. */
export function statementError(error: unknown, connection: { readonly isLost: boolean }): unknown {
  if (!(error instanceof Error)) return error
  hideRowValues(error)
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  const isAnswer = typeof severity === 'string' && typeof code === 'string'
  const isUnavailable = isAnswer ? unavailableStates.test(code) : connection.isLost
  if (!isUnavailable) return error
  const Unavailable = code === '57014' ? StatementTimeoutError : DatabaseUnavailableError
  return new Unavailable(`The database did not do it: ${error.message}`, { cause: error })
}

/**
 * Whether a prepared statement was refused because its result would have other columns than when it was prepared. The code says only that a
 * feature is not supported, and the message comes in the server's language.
 */
export function isStaleStatement(error: unknown): boolean {
  const { code, routine } = (error ?? {}) as { code?: unknown; routine?: unknown }
  return code === '0A000' && routine === 'RevalidateCachedQuery'
}

/** `detail` and `where` quote the row or the parameters, which are nobody's business in a log. */
function hideRowValues(error: Error): void {
  if ('detail' in error) Object.assign(error, { detail: undefined, where: undefined })
}
