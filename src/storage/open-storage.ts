import { Kysely, sql } from 'kysely'
import type { Db } from './db.ts'
import type { Backend, Engine, Listener, StorageLogger } from './dialect/backend.ts'
import { openSqlite } from './dialect/sqlite-backend.ts'
import { migrate } from './migrate.ts'
import type { Schema } from './schema.ts'
import { StorageError } from './storage-error.ts'

export type Storage = {
  readonly db: Db
  readonly engine: Engine
  /** Brings the schema up to date; any number of processes may do it at once. */
  migrate(): Promise<void>
  /** Rejects when the database does not answer. */
  ping(): Promise<void>
  /** Tells the subscribers in all processes, at most once and without waiting for them. The payload is short and no secret. */
  publish(channel: string, payload: string): Promise<void>
  /** Returns what ends the subscription. */
  subscribe(channel: string, listener: Listener): () => void
  /**
   * Writes what SQLite has in its log into the file. It does so by itself, but for thousands of pages at once, and requests wait meanwhile:
   * whoever changes many pages calls this now and then.
   */
  writeBack(): void
  /** Waits for the transactions under way. */
  close(): Promise<void>
}

export type StorageOptions = {
  /** `sqlite:PATH`, `postgres://…` or `postgresql://…`. */
  url: string
  /** Connections to PostgreSQL besides the one that listens and the one for look-ups; 10 if not given. */
  poolSize?: number
  logger?: StorageLogger
}

const silent: StorageLogger = { warn: () => undefined, error: () => undefined }

/** Opens the database and proves that it answers. Throws a `StorageError` that says in one sentence why it cannot. */
export async function openStorage({ url, poolSize = 10, logger = silent }: StorageOptions): Promise<Storage> {
  const backend = await openBackend(url, poolSize, logger)
  const db = new Kysely<Schema>({ dialect: backend.dialect })
  let closing: Promise<void> | undefined
  return {
    db,
    engine: backend.engine,
    migrate: () => migrate(db, backend.engine),
    ping: async () => {
      await sql`select 1`.execute(db)
    },
    publish: backend.publish,
    subscribe: backend.subscribe,
    writeBack: backend.writeBack,
    close: () => {
      closing ??= db.destroy().then(() => backend.close())
      return closing
    },
  }
}

async function openBackend(url: string, poolSize: number, logger: StorageLogger): Promise<Backend> {
  if (/^postgres(ql)?:\/\//.test(url)) {
    // Whoever runs on SQLite need not wait for the driver to load.
    const { openPostgres } = await import('./dialect/postgres-backend.ts')
    return openPostgres(url, poolSize, logger)
  }
  const path = /^sqlite:(.+)$/.exec(url)?.[1]
  if (path === ':memory:') throw new StorageError('An SQLite database needs a file; it cannot live in memory only.')
  if (path !== undefined) return openSqlite(path)
  throw new StorageError('The database URL must be sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME.')
}
