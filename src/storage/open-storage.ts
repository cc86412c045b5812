import { Kysely } from 'kysely'
import type { Db } from './db.ts'
import type { Backend, Connections, Engine, Listener, Snapshot, StorageLogger, TimeStatement } from './dialect/backend.ts'
import { everythingChanged } from './dialect/notification.ts'
import { openSqlite } from './dialect/sqlite-backend.ts'
import { openSqliteReadOnly } from './dialect/sqlite-read-only.ts'
import { withTracing } from './dialect/traced-dialect.ts'
import { findMissingMigrations, hasSchema, type MigrateOptions, migrate } from './migrate.ts'
import { findMissingRights, type MissingRights } from './missing-rights.ts'
import { createReadiness } from './readiness.ts'
import type { Schema } from './schema.ts'
import { EmptyDatabaseError, StorageError } from './storage-error.ts'

export type Storage = {
  readonly db: Db
  readonly engine: Engine
  /** The version of the database server, or of the SQLite library. */
  readonly engineVersion: string
  /** Brings the schema up to date, and returns which migrations ran. Any number of processes may call this at once. */
  migrate(options?: MigrateOptions): Promise<readonly string[]>
  /** The migrations that `migrate` would run. Rejects with a StorageError when the schema is newer than this program. */
  missingMigrations(): Promise<readonly string[]>
  /** What the database's user lacks to read and write, and to run these migrations. Only reads. Undefined on SQLite. */
  missingRights(migrations: readonly string[]): Promise<MissingRights | undefined>
  /** Rejects when the database does not answer. */
  ping(): Promise<void>
  /** Rejects when the database cannot be read or cannot be written. `now` is in epoch milliseconds. */
  check(now: number): Promise<void>
  /**
   * Notifies the subscribers in all processes, at most once and without waiting for them. On SQLite, other processes get a call of `onGap`
   * instead. The payload is short and must not be secret.
   */
  publish(channel: string, payload: string): Promise<void>
  /**
   * Returns a function that ends the subscription. `onGap` is called when notifications may have been missed: after a lost connection and,
   * on SQLite, whenever another process has written.
   */
  subscribe(channel: string, listener: Listener, onGap?: () => void): () => void
  /** Tells all processes that anything may have changed, so that they drop what they have cached. Resolves when this process has done so. */
  announceChange(): Promise<void>
  /**
   * Copies the pages in SQLite's write-ahead log into the file. SQLite does so by itself, but for thousands of pages at once, while
   * requests wait. So code that changes many pages calls this from time to time. Does nothing on PostgreSQL.
   */
  checkpoint(): void
  /**
   * Opens a view of the database as it is now, on a connection of its own. Reads and writes go on meanwhile. While it is open, SQLite
   * cannot shorten its write-ahead log and PostgreSQL cannot remove old rows, so close it soon.
   */
  openSnapshot(): Promise<Snapshot>
  /** Undefined on SQLite. */
  connections(): Connections | undefined
  /** Closes the database after the transactions in progress have ended. */
  close(): Promise<void>
}

export type StorageOptions = {
  /** `sqlite:PATH`, `postgres://…` or `postgresql://…`. */
  url: string
  /** The number of connections to PostgreSQL, in addition to the one that listens and the one for look-ups. Default: 10. */
  poolSize?: number
  logger?: StorageLogger
  /** How long PostgreSQL may take for a statement, in seconds. Default: 5. */
  statementSeconds?: number
  /** How long to retry when PostgreSQL cannot be reached, in seconds. Default: 0. */
  waitSeconds?: number
  /** Whether to accept a missing or empty database. Default: true. */
  create?: boolean
  timeStatement?: TimeStatement
  /** Whether to leave the database untouched: no file is created, and no write is possible on SQLite. Default: false. */
  readOnly?: boolean
}

const silent: StorageLogger = { warn: () => undefined, error: () => undefined }

/**
 * Opens the database and checks that it answers.
 * @throws StorageError when the database cannot be opened; the message says why in one sentence
 * @throws EmptyDatabaseError when the database is empty and `create` is false
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { logger = silent, create = true } = options
  const backend = await openBackend(options, logger, create)
  const db = new Kysely<Schema>({ dialect: withTracing(backend.dialect, backend.engine) })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= db.destroy().then(() => backend.close())
    return closing
  }
  if (!create && !(await hasSchema(db, backend.engine))) {
    await close()
    throw new EmptyDatabaseError('The database is empty.')
  }
  return {
    db,
    engine: backend.engine,
    engineVersion: backend.engineVersion,
    migrate: (options) => backend.withoutTimeLimit(() => migrate(db, backend.engine, logger, options)),
    missingMigrations: () => findMissingMigrations(db, backend.engine),
    missingRights: (missing) => findMissingRights(db, backend.engine, missing),
    ping: backend.ping,
    check: createReadiness({ db, ping: backend.ping, logger, isReported: backend.isInDoubt }),
    publish: backend.publish,
    subscribe: backend.subscribe,
    announceChange: () => announceChange(backend),
    checkpoint: backend.checkpoint,
    openSnapshot: backend.openSnapshot,
    connections: backend.connections,
    close,
  }
}

/** Each `onGap` is called in the order of the subscriptions. The one here comes last: by then the caches of this process are empty. */
function announceChange({ publish, subscribe }: Backend): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      unsubscribe()
      resolve()
    }
    const unsubscribe = subscribe(everythingChanged, done, done)
    publish(everythingChanged, '').catch((error: unknown) => {
      unsubscribe()
      reject(error)
    })
  })
}

async function openBackend(
  { url, poolSize = 10, statementSeconds = 5, waitSeconds = 0, readOnly = false, timeStatement = () => undefined }: StorageOptions,
  logger: StorageLogger,
  create: boolean,
): Promise<Backend> {
  if (/^postgres(ql)?:\/\//.test(url)) {
    // Loaded only when it is needed, so that a start on SQLite does not wait for the driver.
    const { openPostgres } = await import('./dialect/postgres-backend.ts')
    return openPostgres({ url, poolSize, logger, statementSeconds, waitSeconds, timeStatement })
  }
  const path = /^sqlite:(.+)$/.exec(url)?.[1]
  if (path === ':memory:') throw new StorageError('An SQLite database needs a file; it cannot be in memory only.')
  if (path !== undefined && readOnly) return openSqliteReadOnly(path, { logger, timeStatement })
  if (path !== undefined) return openSqlite(path, { create, logger, timeStatement })
  throw new StorageError('The database URL must be sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME.')
}
