import type pg from 'pg'
import { StorageError } from '../storage-error.ts'
import type { Backend, StorageLogger, TimeStatement } from './backend.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { DatabaseAvailability } from './database-availability.ts'
import { createFailureLog } from './failure-log.ts'
import { numberTypes, openPool, type PostgresPool } from './postgres-client.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { isWorthWaiting, postgresError } from './postgres-errors.ts'
import { PostgresLookups } from './postgres-lookups.ts'
import { startListening } from './postgres-notifications.ts'
import { openPostgresSnapshot } from './postgres-snapshot.ts'
import { tryUntilReachable } from './try-until-reachable.ts'

/** PostgreSQL 15, as `server_version_num` shows it. */
const minServerVersion = 150000

/** How long connecting, or waiting for a connection of the pool, may take. */
const connectMs = 5000
/**
 * How long connecting may take after a connection was lost, until the database answers again. An attempt that began before the database
 * returned must not delay requests for long.
 */
const connectInDoubtMs = 1500

/** How long the answer to a look-up by key may take. A usual look-up takes a millisecond, and none waits for a lock. */
const lookupMs = 2000
/**
 * PostgreSQL itself cancels a statement that exceeds its time limit. The connection is aborted only if no answer has arrived this long
 * after that time limit.
 */
const marginMs = 1000
const migrationMs = 3_600_000

/**
 * PostgreSQL ends a transaction that has been idle for this long. Otherwise, if one of our machines is lost in the middle of a transaction,
 * the row locks would stay until TCP gives up after hours. Our transactions wait for nothing but the database, so they are never idle for
 * this long.
 */
const idleInTransactionMillis = 30_000

export type PostgresOptions = {
  readonly url: string
  /** The number of connections in addition to the one for look-ups and the one that listens. */
  readonly poolSize: number
  readonly logger: StorageLogger
  /** How long a statement may take, in seconds. */
  readonly statementSeconds: number
  /** How long to retry at the start while PostgreSQL cannot be reached, in seconds. */
  readonly waitSeconds: number
  readonly timeStatement: TimeStatement
}

/** Connects with a pool of at most `poolSize` connections, one more for look-ups and one that listens. */
export async function openPostgres(options: PostgresOptions): Promise<Backend> {
  const { url, logger, waitSeconds, timeStatement } = options
  const { pool, lookups, availability, watch, singleConnection, limits } = connectionsOf(options)
  try {
    const messageOf = (error: unknown) => postgresError(url, error).message
    let engineVersion = ''
    const connect = async () => {
      engineVersion = await checkServer(pool)
    }
    await tryUntilReachable(connect, { seconds: waitSeconds, isWorthWaiting, messageOf, logger })
    const notifications = await startListening(singleConnection, (error) => availability.reportFailure(error))
    return {
      engine: 'postgres',
      engineVersion,
      dialect: postgresDialect({ pool, lookups, availability, timeStatement, logFailure: createFailureLog(logger) }),
      publish: (channel, payload) => notifications.publish(pool, channel, payload),
      subscribe: notifications.subscribe,
      checkpoint: () => undefined,
      connections: pool.count,
      isInDoubt: () => availability.isInDoubt,
      ping: async () => {
        await lookups.query(pingQuery)
      },
      openSnapshot: () => openPostgresSnapshot(singleConnection),
      withoutTimeLimit: (work) => limits.liftedFor(work),
      async close() {
        await notifications.close()
        watch.close()
      },
    }
  } catch (error) {
    availability.close()
    watch.close()
    await pool.end()
    throw error instanceof StorageError ? error : postgresError(url, error)
  }
}

const pingQuery = { text: 'select 1' }

/** Opens no connection yet: each one is opened when it is first needed. */
function connectionsOf({ url, poolSize, logger, statementSeconds }: PostgresOptions) {
  const limits = new StatementLimits(statementSeconds * 1000)
  const availability: DatabaseAvailability = new DatabaseAvailability(() => lookups.query(pingQuery), logger)
  const onLoss = (error: unknown) => availability.reportFailure(error)
  const watch = new ConnectionWatch((error) => {
    // The idle connections have most likely been cut off as well. Without this call that would show only at their next use.
    pool.abortIdle(error)
    onLoss(error)
  })
  const connectTimeoutMs = () => (availability.isInDoubt ? connectInDoubtMs : connectMs)
  const shared = { config: configOf(url, statementSeconds * 1000), watch, connectTimeoutMs }
  const pool = openPool({ ...shared, answerTimeoutMs: () => limits.statement, size: poolSize, waitMs: connectMs, onLoss })
  const singleConnection = { ...shared, answerTimeoutMs: () => limits.lookup }
  const lookups = new PostgresLookups(singleConnection, onLoss)
  return { pool, lookups, availability, watch, singleConnection, limits }
}

/** How long the answer to a statement may take, in milliseconds. */
class StatementLimits {
  readonly lookup: number
  readonly #usual: number
  #isLifted = false

  constructor(statementMs: number) {
    this.lookup = Math.min(lookupMs, statementMs)
    this.#usual = statementMs + marginMs
  }

  get statement(): number {
    return this.#isLifted ? migrationMs : this.#usual
  }

  async liftedFor<T>(work: () => Promise<T>): Promise<T> {
    this.#isLifted = true
    try {
      return await work()
    } finally {
      this.#isLifted = false
    }
  }
}

function configOf(url: string, statementMs: number): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'lifeguard',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: idleInTransactionMillis,
    types: numberTypes,
  }
}

/** Returns the version of the server. @throws StorageError when the server or its database does not suit */
async function checkServer(pool: PostgresPool): Promise<string> {
  const client = await pool.acquire()
  try {
    const { rows } = await client.run(
      `select current_setting('server_version_num')::int as version, current_setting('server_version') as name,
         current_setting('server_encoding') as encoding`,
    )
    const { version, name, encoding } = rows[0] as { version: number; name: string; encoding: string }
    if (version < minServerVersion)
      throw new StorageError(`PostgreSQL ${Math.floor(version / 10000)} is too old; Lifeguard needs 15 or newer.`)
    if (encoding !== 'UTF8') throw new StorageError(`The database has the encoding ${encoding}; Lifeguard needs UTF8.`)
    // Packages add their own version: `16.3 (Debian 16.3-1)`.
    return name.split(' ', 1)[0] ?? name
  } finally {
    client.release()
  }
}
