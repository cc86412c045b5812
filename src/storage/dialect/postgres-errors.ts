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
