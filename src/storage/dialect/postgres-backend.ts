import pg from 'pg'
import { StorageError } from '../storage-error.ts'
import type { Backend, StorageLogger } from './backend.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { postgresError } from './postgres-errors.ts'
import { openLookups } from './postgres-lookups.ts'
import { startListening } from './postgres-notifications.ts'

const oldestServer = 150000
/** How long connecting, or waiting for a connection of the pool, may take. */
const connectionTimeoutMillis = 5000

/**
 * A process whose machine is lost in the middle of a transaction leaves it open with its row locks, until TCP gives up after hours.
 * Ours never wait for anything but the database inside one.
 */
const idleInTransactionMillis = 30_000

const int8 = 20
const numeric = 1700

/** `bigint` and sums of it as numbers, as on SQLite; what a number cannot hold is an error instead of another number. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === int8 || oid === numeric) return readNumber
    return pg.types.getTypeParser(oid, format as 'text')
  },
}

function readNumber(text: string): number {
  const value = Number(text)
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new RangeError('The database holds an integer beyond 2^53.')
  return value
}

/** Connects to `url` with a pool of at most `poolSize` connections, one more for look-ups and one that listens. */
export async function openPostgres(url: string, poolSize: number, logger: StorageLogger): Promise<Backend> {
  const connection: pg.ClientConfig = {
    connectionString: url,
    connectionTimeoutMillis,
    application_name: 'lifeguard',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    idle_in_transaction_session_timeout: idleInTransactionMillis,
    types,
  }
  let pool: pg.Pool | undefined
  try {
    pool = new pg.Pool({ ...connection, max: poolSize, pipeline: true })
    pool.on('error', (error) => logger.warn({ err: error }, 'An idle database connection was lost'))
    await checkServer(pool)
    const notifications = await startListening(() => new pg.Client(connection), logger)
    return {
      engine: 'postgres',
      dialect: postgresDialect(pool, openLookups(connection)),
      publish: (channel, payload) => notifications.publish(pool as pg.Pool, channel, payload),
      subscribe: notifications.subscribe,
      writeBack: () => undefined,
      close: notifications.close,
    }
  } catch (error) {
    await pool?.end()
    throw error instanceof StorageError ? error : postgresError(url, error)
  }
}

async function checkServer(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query(
    `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding`,
  )
  const { version, encoding } = rows[0] as { version: number; encoding: string }
  if (version < oldestServer) throw new StorageError(`PostgreSQL ${Math.floor(version / 10000)} is too old; Lifeguard needs 15 or newer.`)
  if (encoding !== 'UTF8') throw new StorageError(`The database has the encoding ${encoding}; Lifeguard needs UTF8.`)
}
